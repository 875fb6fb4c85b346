//! What the extractor says: a finding with its evidence, its owner, its date, and why.

use std::ops::Range;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What kind of action item or update a message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The author asks somebody, or the group, to do something concrete.
    Request,
    /// The author says that they will do something concrete.
    Commitment,
    /// Something concrete for the group or for nobody in particular.
    Proposal,
    /// A task that exists is finished.
    Done,
    /// A task that exists cannot go on.
    Blocked,
    /// A task that exists has another owner.
    Reassign,
    /// A task that exists has another date, or none any more.
    DueChange,
}

impl Kind {
    /// Whether this kind speaks of a task that exists.
    #[must_use]
    pub fn is_update(self) -> bool {
        matches!(self, Self::Done | Self::Blocked | Self::Reassign | Self::DueChange)
    }
}

/// One cause of a finding, for the person who wonders why it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable word for programs.
    pub code: &'static str,
    /// The same for people; never words of the message.
    pub text: &'static str,
}

/// An action item, or an update of a task, in one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The message that says so.
    pub message_id: String,
    /// What it is.
    pub kind: Kind,
    /// The evidence: byte offsets into the message's text, on character boundaries.
    pub quote: Range<usize>,
    /// Who has to act, or who owns the task from now on: a participant's id.
    pub assignee: Option<String>,
    /// The day by which, or on which.
    pub due_on: Option<NaiveDate>,
    /// A short imperative; for an update the task's own title.
    pub title: String,
    /// The task that is updated; `None` for something new.
    pub task_key: Option<String>,
    /// How sure the rules are, 0 to 1. Not a measured probability.
    pub confidence: f32,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}
