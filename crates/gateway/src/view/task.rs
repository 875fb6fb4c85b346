//! Lists, tasks, suggestions.

use proto::task::v1 as pb;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Person, Source, Time, feed::Reason, person, some};

/// A task list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List {
    id: String,
    name: String,
    /// `org` or `team:<team id>`.
    visibility: String,
    created_at: Time,
    /// Where tasks go that name no list.
    is_default: bool,
}

impl From<pb::List> for List {
    fn from(list: pb::List) -> Self {
        let pb::List { id, name, visibility, created_at_us, is_default } = list;
        Self { id, name, visibility, created_at: Time::micros(created_at_us), is_default }
    }
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Task {
    id: String,
    list_id: String,
    title: String,
    description: String,
    /// `open`, `in_progress`, `done` or `canceled`.
    state: String,
    /// The provider's own word for the state.
    provider_state: Option<String>,
    assignee: Option<Person>,
    /// A date, as in 2026-12-31.
    due_on: Option<String>,
    /// `none`, `low`, `medium`, `high` or `urgent`.
    priority: String,
    labels: Vec<String>,
    /// The words it was made from.
    evidence: Vec<Evidence>,
    links: Vec<Link>,
    created_at: Time,
    updated_at: Time,
    /// Also the `ETag`; pass it as `If-Match`.
    pub version: u64,
}

/// Words in a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evidence {
    message_id: String,
    quote: String,
}

/// The same task at a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    provider: String,
    key: String,
    url: String,
    /// `in_sync`, `pending`, `conflict` or `detached`.
    sync: String,
}

impl From<pb::Task> for Task {
    fn from(task: pb::Task) -> Self {
        let evidence =
            task.evidence.into_iter().map(|e| Evidence { message_id: e.message_id, quote: e.quote });
        let links = task.links.into_iter().map(|link| {
            let pb::Link { provider, key, url, sync } = link;
            Link { provider, key, url, sync }
        });
        Self {
            id: task.id,
            list_id: task.list_id,
            title: task.title,
            description: task.description,
            state: task.state,
            provider_state: some(task.provider_state),
            assignee: person(task.assignee),
            due_on: some(task.due_on),
            priority: some(task.priority).unwrap_or_else(|| "none".to_owned()),
            labels: task.labels,
            evidence: evidence.collect(),
            links: links.collect(),
            created_at: Time::micros(task.created_at_us),
            updated_at: Time::micros(task.updated_at_us),
            version: task.version,
        }
    }
}

/// One change of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    version: u64,
    at: Time,
    actor: Option<Person>,
    /// `created`, `updated`, `undone`, `deleted` or `provider`.
    verb: String,
    fields: Vec<FieldChange>,
}

/// One field of a change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldChange {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<pb::Change> for Change {
    fn from(change: pb::Change) -> Self {
        let fields = change.fields.into_iter().map(|field| {
            let pb::FieldChange { field, before, after } = field;
            FieldChange { field, before: some(before), after: some(after) }
        });
        Self {
            version: change.version,
            at: Time::micros(change.at_us),
            actor: person(change.actor),
            verb: change.verb,
            fields: fields.collect(),
        }
    }
}

/// What an organization wants suggested, and what done unasked. Confidences from 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Thresholds {
    /// Nothing below is suggested; null: all that is found.
    suggest: Option<f64>,
    /// From here on it is done without a member's accepting it; null: never.
    auto: Option<f64>,
    recommended: Recommended,
}

/// What measuring recommends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Recommended {
    /// Below this nothing is found.
    suggest: Option<f64>,
    /// From here on new tasks were right 92 of 100 times in conversations that the model had not seen.
    auto: Option<f64>,
}

impl Thresholds {
    pub(crate) fn of(chosen: pb::Thresholds, recommended: pb::Thresholds) -> Self {
        Self {
            suggest: chosen.suggest.map(digits),
            auto: chosen.auto.map(digits),
            recommended: Recommended {
                suggest: recommended.suggest.map(digits),
                auto: recommended.auto.map(digits),
            },
        }
    }
}

/// A float's own digits, not those of its nearest double: 0.9, not 0.8999999761581421.
fn digits(float: f32) -> f64 {
    let digits = float.to_string().parse().unwrap_or(0.0_f64);
    if digits.is_finite() { digits.clamp(0.0, 1.0) } else { 0.0 }
}

/// A task, or a change to one, that was found in a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suggestion {
    id: String,
    /// `create` or `update`.
    change: String,
    task_id: Option<String>,
    title: String,
    /// The words it was found in, exactly as they stand in the message.
    quote: String,
    message_id: String,
    /// Where the quote starts and ends in the message's text, in bytes of UTF-8.
    quote_start: u32,
    quote_end: u32,
    assignee: Option<Person>,
    /// A date, as in 2026-12-31.
    due_on: Option<String>,
    /// The new state, for updates.
    state: Option<String>,
    /// From 0 to 1.
    confidence: f64,
    /// `open`, `accepted` or `rejected`.
    status: String,
    reasons: Vec<Reason>,
    source: Option<Source>,
    created_at: Time,
}

impl From<pb::Suggestion> for Suggestion {
    fn from(s: pb::Suggestion) -> Self {
        Self {
            id: s.id,
            change: s.change,
            task_id: some(s.task_id),
            title: s.title,
            quote: s.quote,
            message_id: s.message_id,
            quote_start: s.quote_start,
            quote_end: s.quote_end,
            assignee: person(s.assignee),
            due_on: some(s.due_on),
            state: some(s.state),
            confidence: digits(s.confidence),
            status: s.status,
            reasons: s.reasons.into_iter().map(|r| Reason { code: r.code, text: r.text }).collect(),
            source: s.source.map(Into::into),
            created_at: Time::micros(s.created_at_us),
        }
    }
}
