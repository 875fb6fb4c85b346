//! Pull requests themselves.

use serde::Deserialize;

use super::context::{Context, told};
use super::mentions::mentions;
use super::payload::{Pull, label_names, people};
use crate::model::{Activity, ItemKind, ReadError, Reading, State, ThingKind, Verb};

#[derive(Deserialize)]
struct PullDelivery {
    pull_request: Pull,
}

pub(super) fn read(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let pull = cx.parse::<PullDelivery>("pull_request")?.pull_request;
    let verb = match cx.action() {
        "opened" => Verb::Created,
        "edited" => Verb::Edited,
        "closed" if is_merged(&pull) => Verb::Merged,
        "closed" => Verb::Closed,
        "reopened" => Verb::Reopened,
        "assigned" | "review_requested" => Verb::Assigned,
        "unassigned" | "review_request_removed" => Verb::Unassigned,
        "synchronize" | "ready_for_review" | "converted_to_draft" | "labeled" | "unlabeled"
        | "milestoned" | "demilestoned" => Verb::Updated,
        "locked" | "unlocked" | "auto_merge_enabled" | "auto_merge_disabled" | "enqueued" | "dequeued" => {
            return Ok(Reading::Skipped("no_content"));
        }
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let at = match verb {
        Verb::Created => pull.created_at,
        Verb::Merged => pull.merged_at.unwrap_or(pull.updated_at),
        _ => pull.updated_at,
    };
    let mut activity = cx.activity(thing_of(&pull), (ItemKind::Change, item_of(&pull)), verb, at);
    activity.version = pull.updated_at;
    describe(&mut activity, &pull);
    activity.state = Some(state_of(&pull));
    activity.assignees = asked(&pull);
    let known: Vec<_> =
        pull.assignees.iter().chain(&pull.requested_reviewers).chain(&pull.user).map(Some).collect();
    activity.mentions = mentions(&pull.body, &known);
    activity.labels = label_names(pull.labels);
    activity.title = pull.title;
    activity.text = pull.body;
    activity.url = pull.html_url;
    Ok(told(activity))
}

/// The thing that everything about a pull request shares.
pub(super) fn thing_of(pull: &Pull) -> (ThingKind, String) {
    (ThingKind::ChangeRequest, item_of(pull))
}

/// The pull request as an item, which reviews and comments answer.
pub(super) fn item_of(pull: &Pull) -> String {
    format!("pull:{}", pull.number)
}

/// Fills in what the activity says about its thing.
pub(super) fn describe(activity: &mut Activity, pull: &Pull) {
    activity.thing_title = Some(pull.title.clone());
    activity.thing_url.clone_from(&pull.html_url);
    activity.thing_opened_at = Some(pull.created_at);
}

fn asked(pull: &Pull) -> Vec<crate::model::Person> {
    let mut asked = people(&pull.assignees);
    for reviewer in people(&pull.requested_reviewers) {
        if !asked.contains(&reviewer) {
            asked.push(reviewer);
        }
    }
    asked
}

fn is_merged(pull: &Pull) -> bool {
    pull.merged || pull.merged_at.is_some()
}

fn state_of(pull: &Pull) -> (State, String) {
    let (state, word) = match pull.state.as_deref() {
        Some("closed") if is_merged(pull) => (State::Done, "merged"),
        Some("closed") => (State::Canceled, "closed"),
        _ if pull.draft => (State::InProgress, "draft"),
        word => (State::Open, word.unwrap_or("open")),
    };
    (state, word.to_owned())
}
