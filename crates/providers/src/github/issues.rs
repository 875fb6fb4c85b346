//! Issues and the comments under issues and pull requests.

use serde::Deserialize;

use super::context::{Context, told, told_or_unsupported};
use super::mentions::mentions;
use super::payload::{Comment, Issue, label_names, people};
use crate::model::{ItemKind, ReadError, Reading, State, ThingKind, Verb};

#[derive(Deserialize)]
struct IssueDelivery {
    issue: Issue,
}

pub(super) fn issue(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let issue = cx.parse::<IssueDelivery>("issue")?.issue;
    // In the form of an issue, a merged pull request looks like an abandoned one.
    if issue.pull_request.is_some() {
        return Ok(Reading::Skipped("covered_by_pull_request"));
    }
    let verb = match cx.action() {
        "opened" => Verb::Created,
        "edited" => Verb::Edited,
        "deleted" => Verb::Deleted,
        "closed" if is_given_up(&issue) => Verb::Closed,
        "closed" => Verb::Completed,
        "reopened" => Verb::Reopened,
        "assigned" => Verb::Assigned,
        "unassigned" => Verb::Unassigned,
        "transferred" => Verb::Moved,
        "labeled" | "unlabeled" | "milestoned" | "demilestoned" | "typed" | "untyped" => Verb::Updated,
        "locked" | "unlocked" | "pinned" | "unpinned" => return Ok(Reading::Skipped("no_content")),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let at = if verb == Verb::Created { issue.created_at } else { issue.updated_at };
    let (thing_kind, thing) = thing_of(&issue);
    let mut activity = cx.activity((thing_kind, thing.clone()), (ItemKind::Task, thing), verb, at);
    activity.version = issue.updated_at;
    activity.thing_title = Some(issue.title.clone());
    activity.thing_url = issue.html_url.clone();
    activity.thing_opened_at = Some(issue.created_at);
    activity.state = state_of(&issue);
    activity.assignees = people(&issue.assignees);
    activity.mentions = mentions(&issue.body, &known(&issue));
    activity.labels = label_names(issue.labels);
    activity.title = issue.title;
    activity.text = issue.body;
    activity.url = issue.html_url;
    Ok(told(activity))
}

#[derive(Deserialize)]
struct CommentDelivery {
    issue: Issue,
    comment: Comment,
}

pub(super) fn comment(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let CommentDelivery { issue, comment } = cx.parse("comment")?;
    let (thing_kind, thing) = thing_of(&issue);
    Ok(told_or_unsupported(cx.comment((thing_kind, thing.clone()), "comment", comment).map(
        |mut activity| {
            activity.thing_title = Some(issue.title);
            activity.thing_url = issue.html_url;
            activity.thing_opened_at = Some(issue.created_at);
            activity.reply_to = Some(thing);
            activity
        },
    )))
}

/// Comments under a pull request come as comments of an issue that says it is one.
fn thing_of(issue: &Issue) -> (ThingKind, String) {
    if issue.pull_request.is_some() {
        (ThingKind::ChangeRequest, format!("pull:{}", issue.number))
    } else {
        (ThingKind::Task, format!("issue:{}", issue.number))
    }
}

fn is_given_up(issue: &Issue) -> bool {
    matches!(issue.state_reason.as_deref(), Some("not_planned" | "duplicate"))
}

/// The provider's word is the reason where the state alone would hide it.
fn state_of(issue: &Issue) -> Option<(State, String)> {
    let word = issue.state.as_deref()?;
    Some(match (word, &issue.state_reason) {
        ("closed", Some(reason)) if is_given_up(issue) => (State::Canceled, reason.clone()),
        ("closed", _) => (State::Done, word.to_owned()),
        _ => (State::Open, word.to_owned()),
    })
}

fn known(issue: &Issue) -> Vec<Option<&super::payload::User>> {
    issue.assignees.iter().map(Some).chain([issue.user.as_ref()]).collect()
}
