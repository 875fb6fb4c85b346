//! Reviews, and the comments and threads on the lines of a pull request.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told, told_or_unsupported};
use super::mentions::mentions;
use super::payload::{Comment, Pull, User, or_default};
use super::pulls::{describe, item_of, thing_of};
use crate::model::{ItemKind, ReadError, Reading, Verb};

#[derive(Deserialize)]
struct ReviewDelivery {
    pull_request: Pull,
    review: Review,
}

#[derive(Deserialize)]
struct Review {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    state: String,
    user: Option<User>,
    html_url: Option<String>,
    submitted_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

pub(super) fn review(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let ReviewDelivery { pull_request: pull, review } = cx.parse("review")?;
    let submitted = review.submitted_at.unwrap_or(pull.updated_at);
    let changed = review.updated_at.unwrap_or(submitted).max(pull.updated_at);
    let word = review.state.to_ascii_lowercase();
    let (verb, at) = match (cx.action(), word.as_str()) {
        ("submitted", "approved") => (Verb::Approved, submitted),
        ("submitted", "changes_requested") => (Verb::ChangesRequested, submitted),
        // Line comments come by themselves; the review around them says nothing.
        ("submitted" | "edited", "commented") if review.body.is_empty() => {
            return Ok(Reading::Skipped("no_content"));
        }
        ("submitted", _) => (Verb::Created, submitted),
        ("edited", _) => (Verb::Edited, changed),
        ("dismissed", _) => (Verb::Updated, changed),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let item = (ItemKind::Change, format!("review:{}", review.id));
    let mut activity = cx.activity(thing_of(&pull), item, verb, at);
    describe(&mut activity, &pull);
    activity.mentions = mentions(&review.body, &[review.user.as_ref(), pull.user.as_ref()]);
    activity.text = review.body;
    activity.url = review.html_url;
    activity.reply_to = Some(item_of(&pull));
    Ok(told(activity))
}

#[derive(Deserialize)]
struct CommentDelivery {
    pull_request: Pull,
    comment: Comment,
}

pub(super) fn comment(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let CommentDelivery { pull_request: pull, comment } = cx.parse("comment")?;
    let answered = match (comment.in_reply_to_id, comment.pull_request_review_id) {
        (Some(parent), _) => format!("review-comment:{parent}"),
        (None, Some(review)) => format!("review:{review}"),
        (None, None) => item_of(&pull),
    };
    Ok(told_or_unsupported(cx.comment(thing_of(&pull), "review-comment", comment).map(|mut activity| {
        describe(&mut activity, &pull);
        activity.reply_to = Some(answered);
        activity
    })))
}

#[derive(Deserialize)]
struct ThreadDelivery {
    pull_request: Pull,
    thread: Thread,
}

#[derive(Deserialize)]
struct Thread {
    comments: Vec<Comment>,
}

/// A thread has no number of its own: it is known by its first comment.
pub(super) fn thread(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let ThreadDelivery { pull_request: pull, thread } = cx.parse("thread")?;
    let verb = match cx.action() {
        "resolved" => Verb::Closed,
        "unresolved" => Verb::Reopened,
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let first = thread.comments.first().ok_or(ReadError::Malformed { field: "thread.comments" })?;
    let item = (ItemKind::Event, format!("review-thread:{}", first.id));
    let mut activity = cx.activity(thing_of(&pull), item, verb, pull.updated_at);
    describe(&mut activity, &pull);
    activity.url.clone_from(&first.html_url);
    activity.reply_to = Some(format!("review-comment:{}", first.id));
    Ok(told(activity))
}
