//! A provider's words in the words of events.

use proto::events::v1 as wire;
use providers::{ItemKind, State, ThingKind, Verb};

pub const fn thing_kind(kind: ThingKind) -> wire::ThingKind {
    match kind {
        ThingKind::Conversation => wire::ThingKind::Conversation,
        ThingKind::Task => wire::ThingKind::Task,
        ThingKind::ChangeRequest => wire::ThingKind::ChangeRequest,
        ThingKind::Commit => wire::ThingKind::Commit,
        ThingKind::Release => wire::ThingKind::Release,
        ThingKind::Deployment => wire::ThingKind::Deployment,
        ThingKind::Roadmap => wire::ThingKind::Roadmap,
        ThingKind::File => wire::ThingKind::File,
        ThingKind::Event => wire::ThingKind::Event,
    }
}

pub const fn item_kind(kind: ItemKind) -> wire::ItemKind {
    match kind {
        ItemKind::Message => wire::ItemKind::Message,
        ItemKind::File => wire::ItemKind::File,
        ItemKind::Task => wire::ItemKind::Task,
        ItemKind::Roadmap => wire::ItemKind::Roadmap,
        ItemKind::Change => wire::ItemKind::Change,
        ItemKind::Event => wire::ItemKind::Event,
    }
}

pub const fn verb(verb: Verb) -> wire::Verb {
    match verb {
        Verb::Created => wire::Verb::Created,
        Verb::Edited => wire::Verb::Edited,
        Verb::Deleted => wire::Verb::Deleted,
        Verb::Closed => wire::Verb::Closed,
        Verb::Reopened => wire::Verb::Reopened,
        Verb::Completed => wire::Verb::Completed,
        Verb::Merged => wire::Verb::Merged,
        Verb::Assigned => wire::Verb::Assigned,
        Verb::Unassigned => wire::Verb::Unassigned,
        Verb::Approved => wire::Verb::Approved,
        Verb::ChangesRequested => wire::Verb::ChangesRequested,
        Verb::Succeeded => wire::Verb::Succeeded,
        Verb::Failed => wire::Verb::Failed,
        Verb::Updated => wire::Verb::Updated,
        Verb::Moved => wire::Verb::Moved,
        Verb::Reacted => wire::Verb::Reacted,
    }
}

pub const fn state(state: State) -> wire::State {
    match state {
        State::Open => wire::State::Open,
        State::InProgress => wire::State::InProgress,
        State::Done => wire::State::Done,
        State::Canceled => wire::State::Canceled,
    }
}
