//! What the extractor reads: a conversation, who takes part, and which tasks it may be about.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Where the conversation was held; the same words weigh differently in a chat and in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Short lines, no greeting, hardly any punctuation.
    Chat,
    /// Greeting, paragraphs, closing, signature, quoted lines.
    Mail,
    /// Issue and review comments: markdown, checklists, code.
    Issue,
}

/// Somebody, or something, that takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The caller's id; findings name people by it, and a mention may carry it (`<@U2>`).
    pub id: String,
    /// The name that people write in greetings and minutes.
    #[serde(default)]
    pub name: String,
    /// The name after an `@`.
    #[serde(default)]
    pub handle: String,
    /// Whether the provider says that this is a machine; without it the name decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<bool>,
}

/// Where an open task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Nobody has begun.
    Open,
    /// Somebody is at it.
    InProgress,
}

/// A task that the conversation may report about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTask {
    /// What people write to name it (`TW-88`, `#412`).
    pub key: String,
    /// Its title, an imperative as a rule.
    pub title: String,
    /// The owner, a participant's id.
    #[serde(default)]
    pub assignee: Option<String>,
    /// The day it is due.
    #[serde(default)]
    pub due_on: Option<NaiveDate>,
    /// Where it stands.
    pub state: TaskState,
}

/// One message, in the words of its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The caller's id.
    pub id: String,
    /// The author, a participant's id.
    pub author: String,
    /// When it was written; dates in it are resolved against this day.
    pub at: DateTime<Utc>,
    /// The text as the provider sent it, markup included.
    pub text: String,
}

/// A conversation, oldest message first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// The caller's id.
    pub thread_id: String,
    /// Where it was held.
    pub style: Style,
    /// When the thread is read.
    pub now: DateTime<Utc>,
    /// Everybody who takes part, machines too.
    #[serde(default)]
    pub participants: Vec<Participant>,
    /// Tasks that exist and that a message may be an update of.
    #[serde(default)]
    pub open_tasks: Vec<OpenTask>,
    /// Oldest first.
    #[serde(default)]
    pub messages: Vec<Message>,
}
