//! What the service tells the others, and the sealed words of theirs that it reads.

use ::events::{Event, topic};
use ids::{AccountId, ListId, MemberId, OrgId};
use prost::Message;
use proto::events::v1 as wire;
use uuid::Uuid;

use crate::domain::{state::State, task::Task};

/// Kind under which the content of a task is sealed in its event.
pub(crate) const CONTENT: &str = "task";

/// What a task says, to be sealed.
pub(crate) fn content(task: &Task) -> Vec<u8> {
    let content = wire::Content {
        title: task.body.title.clone(),
        text: task.body.description.clone(),
        labels: task.body.labels.clone(),
        url: task.body.url.clone(),
        provider_state: task.body.provider_state.clone(),
        ..wire::Content::default()
    };
    content.encode_to_vec()
}

/// A task is new or changed. `content` is sealed, and empty for a deleted task.
pub(crate) fn task_changed(
    task: &Task,
    assignee: Option<MemberId>,
    actor: Option<MemberId>,
    content: Vec<u8>,
) -> Event {
    let payload = wire::TaskChanged {
        task_id: task.id.to_vec(),
        list_id: task.list.to_vec(),
        source_id: task.source.map(ids::SourceId::to_vec).unwrap_or_default(),
        item_id: task.item.map(|item| item.as_bytes().to_vec()).unwrap_or_default(),
        state: state(task.state).into(),
        assignee_member_id: assignee.map(MemberId::to_vec).unwrap_or_default(),
        actor_member_id: actor.map(MemberId::to_vec).unwrap_or_default(),
        due_on: task.due_on.map(|day| day.to_string()).unwrap_or_default(),
        content,
        version: task.version,
        deleted: task.deleted,
        created_at_us: task.created_at_us,
        updated_at_us: task.updated_at_us,
    };
    Event::new(topic::TASK, task.list.uuid(), task.updated_at_us, &payload)
}

/// A list is new. `name` is sealed.
pub(crate) fn list_changed(list: ListId, name: Vec<u8>, audience: Uuid, at_us: i64) -> Event {
    let payload = wire::ListChanged {
        list_id: list.to_vec(),
        name,
        audience: audience.as_bytes().to_vec(),
        deleted: false,
    };
    Event::new(topic::TASK, list.uuid(), at_us, &payload)
}

/// Something that the audit log keeps. `actor` is a member's id, or the name of the service that acted by itself.
pub(crate) fn audit(
    org: OrgId,
    action: &str,
    subject: String,
    actor: String,
    purpose: access::Purpose,
    at_us: i64,
) -> Event {
    let purpose = purpose.as_str().to_owned();
    let payload = wire::AuditEntry { action: action.to_owned(), subject, actor, purpose, at_us };
    Event::new(topic::AUDIT, org.uuid(), at_us, &payload)
}

fn state(state: State) -> wire::State {
    match state {
        State::Open => wire::State::Open,
        State::InProgress => wire::State::InProgress,
        State::Done => wire::State::Done,
        State::Canceled => wire::State::Canceled,
    }
}

/// How a person goes by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub name: String,
    pub handle: String,
}

/// Reads an opened profile; nothing that is none.
pub(crate) fn names(profile: &[u8]) -> Names {
    let profile = wire::Profile::decode(profile).unwrap_or_default();
    Names { name: profile.name, handle: profile.handle }
}

/// The kind under which an account's profile is sealed.
pub(crate) fn account_binding(account: AccountId) -> (&'static str, Uuid) {
    ("account", account.uuid())
}

/// The kind under which a member's profile is sealed.
pub(crate) fn member_binding(member: MemberId) -> (&'static str, Uuid) {
    ("member", member.uuid())
}
