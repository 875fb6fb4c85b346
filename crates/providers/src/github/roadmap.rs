//! Milestones, and the items of an organization's projects.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told};
use super::payload::or_default;
use crate::model::{ItemKind, ReadError, Reading, State, ThingKind, Verb};

#[derive(Deserialize)]
struct MilestoneDelivery {
    milestone: Milestone,
}

#[derive(Deserialize)]
struct Milestone {
    number: u64,
    title: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    html_url: Option<String>,
    state: String,
    due_on: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

pub(super) fn milestone(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let milestone = cx.parse::<MilestoneDelivery>("milestone")?.milestone;
    let verb = match cx.action() {
        "created" => Verb::Created,
        "edited" => Verb::Edited,
        "deleted" => Verb::Deleted,
        "closed" => Verb::Completed,
        "opened" => Verb::Reopened,
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let at = if verb == Verb::Created { milestone.created_at } else { milestone.updated_at };
    let key = format!("milestone:{}", milestone.number);
    let mut activity = cx.activity((ThingKind::Roadmap, key.clone()), (ItemKind::Roadmap, key), verb, at);
    activity.version = milestone.updated_at;
    activity.thing_title = Some(milestone.title.clone());
    activity.thing_url.clone_from(&milestone.html_url);
    activity.thing_opened_at = Some(milestone.created_at);
    activity.title = milestone.title;
    activity.text = milestone.description;
    activity.url = milestone.html_url;
    activity.due_on = milestone.due_on.map(|due| due.date_naive());
    let state = if milestone.state == "closed" { State::Done } else { State::Open };
    activity.state = Some((state, milestone.state));
    Ok(told(activity))
}

#[derive(Deserialize)]
struct ItemDelivery {
    projects_v2_item: ProjectItem,
    changes: Option<Changes>,
}

#[derive(Deserialize)]
struct ProjectItem {
    id: u64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Changes {
    field_value: Option<FieldValue>,
}

#[derive(Deserialize)]
struct FieldValue {
    field_name: Option<String>,
    to: Option<serde_json::Value>,
}

/// GitHub sends ids and the one field that changed; title and assignees come with the issue itself.
pub(super) fn project_item(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let ItemDelivery { projects_v2_item: item, changes } = cx.parse("projects_v2_item")?;
    let verb = match cx.action() {
        "created" => Verb::Created,
        "edited" => Verb::Edited,
        "deleted" => Verb::Deleted,
        "archived" => Verb::Closed,
        "restored" => Verb::Reopened,
        "converted" => Verb::Updated,
        "reordered" => return Ok(Reading::Skipped("no_content")),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let at = if verb == Verb::Created { item.created_at } else { item.updated_at };
    let key = format!("project-item:{}", item.id);
    let mut activity = cx.activity((ThingKind::Roadmap, key.clone()), (ItemKind::Roadmap, key), verb, at);
    activity.version = item.updated_at;
    activity.thing_opened_at = Some(item.created_at);
    activity.state = changes.and_then(|changes| changes.field_value).and_then(FieldValue::into_state);
    Ok(told(activity))
}

impl FieldValue {
    fn into_state(self) -> Option<(State, String)> {
        if !self.field_name?.eq_ignore_ascii_case("status") {
            return None;
        }
        let word = self.to?.get("name")?.as_str()?.to_owned();
        Some((normalised(&word), word))
    }
}

/// Columns are named by people: the usual words are known, anything else is still open.
fn normalised(word: &str) -> State {
    let word = word.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|known| word.contains(known));
    if says(&["cancel", "won't", "wont", "rejected", "duplicate"]) {
        State::Canceled
    } else if says(&["not done", "not started", "undone"]) {
        State::Open
    } else if says(&["done", "complete", "closed", "shipped", "released", "merged"]) {
        State::Done
    } else if says(&["progress", "doing", "review", "started", "active", "testing"]) {
        State::InProgress
    } else {
        State::Open
    }
}
