//! Discussions and their comments.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told, told_or_unsupported};
use super::mentions::mentions;
use super::payload::{Comment, Label, User, label_names, or_default};
use crate::model::{ItemKind, ReadError, Reading, ThingKind, Verb};

#[derive(Deserialize)]
struct DiscussionDelivery {
    discussion: Discussion,
}

#[derive(Deserialize)]
struct Discussion {
    number: u64,
    title: String,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    html_url: Option<String>,
    user: Option<User>,
    #[serde(default, deserialize_with = "or_default")]
    labels: Vec<Label>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Discussion {
    fn key(&self) -> String {
        format!("discussion:{}", self.number)
    }
}

pub(super) fn discussion(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let discussion = cx.parse::<DiscussionDelivery>("discussion")?.discussion;
    let verb = match cx.action() {
        "created" => Verb::Created,
        "edited" => Verb::Edited,
        "deleted" => Verb::Deleted,
        "answered" => Verb::Completed,
        "closed" => Verb::Closed,
        "unanswered" | "reopened" => Verb::Reopened,
        "transferred" => Verb::Moved,
        "category_changed" | "labeled" | "unlabeled" => Verb::Updated,
        "locked" | "unlocked" | "pinned" | "unpinned" => return Ok(Reading::Skipped("no_content")),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let at = if verb == Verb::Created { discussion.created_at } else { discussion.updated_at };
    let key = discussion.key();
    let mut activity =
        cx.activity((ThingKind::Conversation, key.clone()), (ItemKind::Message, key), verb, at);
    activity.version = discussion.updated_at;
    activity.thing_title = Some(discussion.title.clone());
    activity.thing_url.clone_from(&discussion.html_url);
    activity.thing_opened_at = Some(discussion.created_at);
    activity.mentions = mentions(&discussion.body, &[discussion.user.as_ref()]);
    activity.labels = label_names(discussion.labels);
    activity.title = discussion.title;
    activity.text = discussion.body;
    activity.url = discussion.html_url;
    Ok(told(activity))
}

#[derive(Deserialize)]
struct CommentDelivery {
    discussion: Discussion,
    comment: Comment,
}

pub(super) fn comment(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let CommentDelivery { discussion, comment } = cx.parse("comment")?;
    let answered = match comment.parent_id {
        Some(parent) => format!("discussion-comment:{parent}"),
        None => discussion.key(),
    };
    let activity = cx.comment((ThingKind::Conversation, discussion.key()), "discussion-comment", comment);
    Ok(told_or_unsupported(activity.map(|mut activity| {
        activity.thing_title = Some(discussion.title);
        activity.thing_url = discussion.html_url;
        activity.thing_opened_at = Some(discussion.created_at);
        activity.reply_to = Some(answered);
        activity
    })))
}
