//! Suggestions: what a message seems to ask for, until a member decides.

use chrono::NaiveDate;
use ids::{ListId, MessageId, OrgId, SourceId, SuggestionId, TaskId, derived};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Invalid,
    person::Assignee,
    state::State,
    task::{Body, Task},
};

/// What accepting does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A task is made.
    Create,
    /// A task gets another state.
    State(State),
    /// A task gets another owner: the suggestion's.
    Assign,
    /// A task gets another date, or none: the suggestion's.
    Reschedule,
}

impl Effect {
    /// The word in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::State(_) => "state",
            Self::Assign => "assignee",
            Self::Reschedule => "due_on",
        }
    }

    /// From the two columns.
    pub(crate) fn parse(effect: &str, state: Option<&str>) -> Option<Self> {
        match (effect, state) {
            ("create", _) => Some(Self::Create),
            ("state", Some(state)) => state.parse().ok().map(Self::State),
            ("assignee", _) => Some(Self::Assign),
            ("due_on", _) => Some(Self::Reschedule),
            _ => None,
        }
    }

    /// The state that it brings.
    pub(crate) const fn state(self) -> Option<State> {
        match self {
            Self::State(state) => Some(state),
            Self::Create | Self::Assign | Self::Reschedule => None,
        }
    }
}

/// What became of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nobody has decided.
    Open,
    /// It became a task or a change of one.
    Accepted,
    /// It will not come again.
    Rejected,
}

impl Status {
    /// The word on the wire and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

impl std::str::FromStr for Status {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "" | "open" => Ok(Self::Open),
            "accepted" => Ok(Self::Accepted),
            "rejected" => Ok(Self::Rejected),
            _ => Err(Invalid::new("status", "is none of open, accepted, rejected")),
        }
    }
}

/// The part of a suggestion that is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Words {
    /// Title of the task, made or changed.
    pub title: String,
    /// The evidence.
    pub quote: String,
    /// Why: code and sentence, strongest first.
    pub reasons: Vec<(String, String)>,
    /// Name of the assignee as the conversation has it, for accounts of which nothing else is known.
    #[serde(default)]
    pub assignee_name: String,
}

/// A suggestion as it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suggestion {
    /// Which.
    pub id: SuggestionId,
    /// The source of the message.
    pub source: SourceId,
    /// The thread of the message.
    pub thing: Uuid,
    /// The message.
    pub message: MessageId,
    /// What accepting does.
    pub effect: Effect,
    /// The task that is changed or, once accepted, was made.
    pub task: Option<TaskId>,
    /// Who has to act.
    pub assignee: Option<Assignee>,
    /// The day by which.
    pub due_on: Option<NaiveDate>,
    /// 0 to 1.
    pub confidence: f32,
    /// Byte offsets of the quote in the message's text.
    pub quote: (i32, i32),
    /// What was said; empty when the message of an accepted suggestion is gone.
    pub words: Words,
    /// What became of it.
    pub status: Status,
    /// When the message was written.
    pub created_at_us: i64,
}

impl Suggestion {
    /// The task that it becomes. Its source is the message's, so that nobody sees it who could not see the message.
    pub(crate) fn as_task(&self, org: OrgId, list: ListId, now_us: i64) -> Task {
        let (title, assignee_name) = (self.words.title.clone(), self.words.assignee_name.clone());
        Task {
            source: Some(self.source),
            assignee: self.assignee,
            due_on: self.due_on,
            body: Body { title, assignee_name, ..Body::default() },
            ..Task::fresh(task_of(org, self.id), list, now_us)
        }
    }

    /// The task as the message says it is.
    pub(crate) fn applied(&self, task: &Task) -> Task {
        let mut task = task.clone();
        match self.effect {
            Effect::Create => {}
            // Somebody was faster: it is as the message says.
            Effect::State(state) => task.state = task.state.go(state).unwrap_or(task.state),
            Effect::Assign => {
                task.assignee = self.assignee;
                self.words.assignee_name.clone_into(&mut task.body.assignee_name);
            }
            Effect::Reschedule => task.due_on = self.due_on,
        }
        task
    }
}

/// The id of what one message says in one place: the same words read again are the same suggestion.
pub(crate) fn id_of(org: OrgId, message: Uuid, kind: &str, quote: &str) -> SuggestionId {
    SuggestionId::from_uuid(derived(
        org,
        &[b"suggestion", message.as_bytes(), kind.as_bytes(), squeezed(quote).as_bytes()],
    ))
}

/// The id of the task that a suggestion becomes: two who accept at once mean the same task.
pub(crate) fn task_of(org: OrgId, suggestion: SuggestionId) -> TaskId {
    TaskId::from_uuid(derived(org, &[b"task of suggestion", suggestion.uuid().as_bytes()]))
}

/// Lower case, one space between words, no punctuation: two ways to write the same ask.
pub(crate) fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_in_the_same_message_are_the_same_suggestion() {
        let (org, message) = (OrgId::from_uuid(Uuid::from_u128(1)), Uuid::from_u128(2));
        let id = id_of(org, message, "request", "Can you  send it?");
        assert_eq!(id, id_of(org, message, "request", "can you send it"));
        assert_ne!(id, id_of(org, message, "commitment", "can you send it"));
        assert_ne!(id, id_of(org, Uuid::from_u128(3), "request", "can you send it"));
        assert_ne!(task_of(org, id).uuid(), id.uuid());
    }

    #[test]
    fn words_of_effect_and_status_round_trip() {
        for effect in [Effect::Create, Effect::State(State::Done), Effect::Assign, Effect::Reschedule] {
            assert_eq!(Effect::parse(effect.as_str(), effect.state().map(State::as_str)), Some(effect));
        }
        for status in [Status::Open, Status::Accepted, Status::Rejected] {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!(Effect::parse("state", None), None);
    }
}
