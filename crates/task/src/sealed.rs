//! Between rows and what they mean: sealing and opening the part that people wrote.

use ids::{ListId, MessageId, OrgId, SourceId, SuggestionId, TaskId};
use keyring::Keyring;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    domain::{
        change::FieldChange,
        person::Assignee,
        suggestion::{Effect, Suggestion, Words},
        task::{Body, Task},
    },
    failure::Failure,
    store::{suggestions::SuggestionRow, tasks::TaskRow},
};

const BODY: &str = "task_body";
const CHANGE: &str = "task_change";
const WORDS: &str = "suggestion";
const QUOTE: &str = "evidence";
/// As the event contract names it.
pub(crate) const LIST: &str = "list";

async fn seal<T: Serialize + Sync>(
    keys: &Keyring,
    org: OrgId,
    kind: &'static str,
    id: Uuid,
    value: &T,
) -> Result<Vec<u8>, Failure> {
    let plain = serde_json::to_vec(value).map_err(|_| Failure::Corrupt(kind))?;
    Ok(keys.seal(org, kind, id, &plain).await?)
}

async fn open<T: DeserializeOwned>(
    keys: &Keyring,
    org: OrgId,
    kind: &'static str,
    id: Uuid,
    blob: &[u8],
) -> Result<T, Failure> {
    let plain = keys.open(org, kind, id, blob).await?;
    serde_json::from_slice(&plain).map_err(|_| Failure::Corrupt(kind))
}

/// Opens the body of a task.
pub(crate) async fn body(keys: &Keyring, org: OrgId, task: Uuid, blob: &[u8]) -> Result<Body, Failure> {
    open(keys, org, BODY, task, blob).await
}

/// Opens a task; a tombstone has an empty body.
pub(crate) async fn task(keys: &Keyring, org: OrgId, row: TaskRow) -> Result<Task, Failure> {
    let body = match row.body.as_slice() {
        [] => Body::default(),
        blob => body(keys, org, row.task_id, blob).await?,
    };
    Ok(Task {
        id: TaskId::from_uuid(row.task_id),
        list: ListId::from_uuid(row.list_id),
        source: row.source_id.map(SourceId::from_uuid),
        thing: row.thing_id,
        item: row.item_id,
        provider: row.provider,
        state: row.state.parse().map_err(|_| Failure::Corrupt("state"))?,
        assignee: Assignee::of(row.assignee_member, row.assignee_account),
        due_on: row.due_on,
        priority: row.priority.parse().map_err(|_| Failure::Corrupt("priority"))?,
        body,
        version: row.version,
        version_us: row.version_us,
        created_at_us: row.created_at_us,
        updated_at_us: row.updated_at_us,
        deleted: row.deleted,
    })
}

/// Seals a task; of a deleted mirror nothing is kept.
pub(crate) async fn row(keys: &Keyring, org: OrgId, task: &Task) -> Result<TaskRow, Failure> {
    let body = if task.deleted && task.is_mirrored() {
        Vec::new()
    } else {
        seal(keys, org, BODY, task.id.uuid(), &task.body).await?
    };
    Ok(TaskRow {
        task_id: task.id.uuid(),
        list_id: task.list.uuid(),
        source_id: task.source.map(SourceId::uuid),
        thing_id: task.thing,
        item_id: task.item,
        provider: task.provider.clone(),
        state: task.state.as_str().to_owned(),
        assignee_member: task.assignee.and_then(Assignee::member).map(ids::MemberId::uuid),
        assignee_account: task.assignee.and_then(Assignee::account).map(ids::AccountId::uuid),
        due_on: task.due_on,
        priority: task.priority.as_str().to_owned(),
        body,
        version: task.version,
        version_us: task.version_us,
        created_at_us: task.created_at_us,
        updated_at_us: task.updated_at_us,
        deleted: task.deleted,
    })
}

/// Seals what changed.
pub(crate) async fn seal_fields(
    keys: &Keyring,
    org: OrgId,
    task: TaskId,
    fields: &Vec<FieldChange>,
) -> Result<Vec<u8>, Failure> {
    seal(keys, org, CHANGE, task.uuid(), fields).await
}

/// Opens what changed.
pub(crate) async fn fields(
    keys: &Keyring,
    org: OrgId,
    task: TaskId,
    blob: &[u8],
) -> Result<Vec<FieldChange>, Failure> {
    open(keys, org, CHANGE, task.uuid(), blob).await
}

/// Seals the words of a suggestion.
pub(crate) async fn seal_words(
    keys: &Keyring,
    org: OrgId,
    id: SuggestionId,
    words: &Words,
) -> Result<Vec<u8>, Failure> {
    seal(keys, org, WORDS, id.uuid(), words).await
}

/// Opens a suggestion.
pub(crate) async fn suggestion(
    keys: &Keyring,
    org: OrgId,
    row: SuggestionRow,
) -> Result<Suggestion, Failure> {
    let words = match &row.body {
        None => Words::default(),
        Some(blob) => open(keys, org, WORDS, row.suggestion_id, blob).await?,
    };
    Ok(Suggestion {
        id: SuggestionId::from_uuid(row.suggestion_id),
        source: SourceId::from_uuid(row.source_id),
        thing: row.thing_id,
        message: MessageId::from_uuid(row.item_id),
        effect: Effect::parse(&row.effect, row.new_state.as_deref()).ok_or(Failure::Corrupt("effect"))?,
        task: row.task_id.map(TaskId::from_uuid),
        assignee: Assignee::of(row.assignee_member, row.assignee_account),
        due_on: row.due_on,
        confidence: row.confidence,
        quote: (row.quote_start, row.quote_end),
        words,
        status: row.status.parse().map_err(|_| Failure::Corrupt("status"))?,
        created_at_us: row.created_at_us,
    })
}

/// Seals a quote, bound to its message.
pub(crate) async fn seal_quote(
    keys: &Keyring,
    org: OrgId,
    message: Uuid,
    quote: &str,
) -> Result<Vec<u8>, Failure> {
    Ok(keys.seal(org, QUOTE, message, quote.as_bytes()).await?)
}

/// Opens a quote.
pub(crate) async fn quote(keys: &Keyring, org: OrgId, message: Uuid, blob: &[u8]) -> Result<String, Failure> {
    text(keys.open(org, QUOTE, message, blob).await?)
}

/// Opens a name that stands for itself.
pub(crate) async fn name(
    keys: &Keyring,
    org: OrgId,
    kind: &'static str,
    id: Uuid,
    blob: &[u8],
) -> Result<String, Failure> {
    text(keys.open(org, kind, id, blob).await?)
}

fn text(plain: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(plain).map_err(|_| Failure::Corrupt("text"))
}
