//! Classic projects, with columns and cards: retired at GitHub, still sent by older servers.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told_or_unsupported};
use super::payload::or_default;
use crate::model::{Activity, ItemKind, ReadError, Reading, State, ThingKind, Verb};

/// What project, column and card share.
#[derive(Deserialize)]
struct Entry {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    project_url: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Entry {
    /// The number at the end of the project's address.
    fn project(&self, field: &'static str) -> Result<u64, ReadError> {
        let number = self.project_url.rsplit('/').next().and_then(|number| number.parse().ok());
        number.ok_or(ReadError::Malformed { field })
    }

    /// `None` for an unknown action.
    fn activity(&self, cx: &Context<'_>, project: u64, item: String) -> Option<Activity> {
        let verb = match cx.action() {
            "created" => Verb::Created,
            "edited" => Verb::Edited,
            "deleted" => Verb::Deleted,
            "moved" => Verb::Moved,
            "converted" => Verb::Updated,
            "closed" => Verb::Closed,
            "reopened" => Verb::Reopened,
            _ => return None,
        };
        let at = if verb == Verb::Created { self.created_at } else { self.updated_at };
        let thing = (ThingKind::Roadmap, format!("project:{project}"));
        let mut activity = cx.activity(thing, (ItemKind::Roadmap, item), verb, at);
        activity.version = self.updated_at;
        Some(activity)
    }
}

#[derive(Deserialize)]
struct ProjectDelivery {
    project: Project,
}

#[derive(Deserialize)]
struct Project {
    #[serde(flatten)]
    entry: Entry,
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    #[serde(default, deserialize_with = "or_default")]
    state: String,
    html_url: Option<String>,
}

pub(super) fn project(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let project = cx.parse::<ProjectDelivery>("project")?.project;
    let id = project.entry.id;
    let activity = project.entry.activity(cx, id, format!("project:{id}"));
    Ok(told_or_unsupported(activity.map(|mut activity| {
        let state = if project.state == "closed" { State::Done } else { State::Open };
        activity.state = Some((state, project.state));
        activity.thing_opened_at = Some(project.entry.created_at);
        activity.thing_title = Some(project.name.clone());
        activity.thing_url.clone_from(&project.html_url);
        activity.title = project.name;
        activity.text = project.body;
        activity.url = project.html_url;
        activity
    })))
}

#[derive(Deserialize)]
struct ColumnDelivery {
    project_column: Column,
}

#[derive(Deserialize)]
struct Column {
    #[serde(flatten)]
    entry: Entry,
    name: String,
}

pub(super) fn column(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let column = cx.parse::<ColumnDelivery>("project_column")?.project_column;
    let project = column.entry.project("project_column.project_url")?;
    let activity = column.entry.activity(cx, project, format!("project-column:{}", column.entry.id));
    Ok(told_or_unsupported(activity.map(|mut activity| {
        activity.title = column.name;
        activity
    })))
}

#[derive(Deserialize)]
struct CardDelivery {
    project_card: Card,
}

#[derive(Deserialize)]
struct Card {
    #[serde(flatten)]
    entry: Entry,
    #[serde(default, deserialize_with = "or_default")]
    note: String,
}

/// A card without a note stands for an issue, perhaps of another repository: nothing of that is read.
pub(super) fn card(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let card = cx.parse::<CardDelivery>("project_card")?.project_card;
    let project = card.entry.project("project_card.project_url")?;
    let activity = card.entry.activity(cx, project, format!("project-card:{}", card.entry.id));
    Ok(told_or_unsupported(activity.map(|mut activity| {
        activity.title = if card.note.is_empty() { "card of an issue" } else { "card" }.to_owned();
        activity.text = card.note;
        activity
    })))
}
