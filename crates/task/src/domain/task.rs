//! A task, and what people may write into it.

use chrono::NaiveDate;
use ids::{ListId, SourceId, TaskId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Invalid, fitted, line,
    person::Assignee,
    state::{Priority, State},
};

/// Longest title, characters.
pub(crate) const LONGEST_TITLE: usize = 500;
/// Longest description, characters.
pub(crate) const LONGEST_DESCRIPTION: usize = 20_000;
/// Most labels.
pub(crate) const MOST_LABELS: usize = 20;
/// Longest label, characters.
const LONGEST_LABEL: usize = 100;

/// The part of a task that is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Body {
    /// A short imperative.
    pub title: String,
    /// More, in Markdown.
    pub description: String,
    /// In the order given.
    pub labels: Vec<String>,
    /// The provider's own word for the state; empty for tasks made in Oz.
    #[serde(default)]
    pub provider_state: String,
    /// Address at the provider; empty for tasks made in Oz.
    #[serde(default)]
    pub url: String,
    /// Name of the assignee as the provider wrote it, for accounts of which nothing else is known.
    #[serde(default)]
    pub assignee_name: String,
}

/// A task as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Which.
    pub id: TaskId,
    /// In which list.
    pub list: ListId,
    /// Whose audience limits the list's.
    pub source: Option<SourceId>,
    /// The provider's thing it belongs to, for mirrored tasks.
    pub thing: Option<Uuid>,
    /// The provider's item it mirrors.
    pub item: Option<Uuid>,
    /// Name of the provider; empty for tasks made in Oz.
    pub provider: String,
    /// Where it stands.
    pub state: State,
    /// Who has to act.
    pub assignee: Option<Assignee>,
    /// The day by which.
    pub due_on: Option<NaiveDate>,
    /// How urgent.
    pub priority: Priority,
    /// What it says.
    pub body: Body,
    /// Counts the changes.
    pub version: i64,
    /// The provider's version, microseconds; 0 for tasks made in Oz.
    pub version_us: i64,
    /// When it was made.
    pub created_at_us: i64,
    /// When it was last changed.
    pub updated_at_us: i64,
    /// Deleted: it can be undone, or is a tombstone.
    pub deleted: bool,
}

impl Task {
    /// A task that nothing has been written into yet.
    pub(crate) fn fresh(id: TaskId, list: ListId, at_us: i64) -> Self {
        Self {
            id,
            list,
            source: None,
            thing: None,
            item: None,
            provider: String::new(),
            state: State::Open,
            assignee: None,
            due_on: None,
            priority: Priority::None,
            body: Body::default(),
            version: 1,
            version_us: 0,
            created_at_us: at_us,
            updated_at_us: at_us,
            deleted: false,
        }
    }

    /// Whether the provider decides what it says.
    pub(crate) const fn is_mirrored(&self) -> bool {
        self.item.is_some()
    }
}

/// A title that a person wrote.
pub(crate) fn title(text: &str) -> Result<String, Invalid> {
    line("title", text, LONGEST_TITLE)
}

/// A description that a person wrote.
pub(crate) fn description(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > LONGEST_DESCRIPTION {
        return Err(Invalid::new("description", "is too long"));
    }
    if text.contains('\0') {
        return Err(Invalid::new("description", "has control characters"));
    }
    Ok(text.to_owned())
}

/// Labels that a person chose; each once.
pub(crate) fn labels(given: &[String]) -> Result<Vec<String>, Invalid> {
    if given.len() > MOST_LABELS {
        return Err(Invalid::new("labels", "are too many"));
    }
    let mut out: Vec<String> = Vec::with_capacity(given.len());
    for label in given {
        let label = line("labels", label, LONGEST_LABEL)?;
        if !out.contains(&label) {
            out.push(label);
        }
    }
    Ok(out)
}

/// A provider's labels, as far as Oz keeps them.
pub(crate) fn fitted_labels(given: Vec<String>) -> Vec<String> {
    let fitted = given.iter().map(|label| fitted(label, LONGEST_LABEL)).filter(|label| !label.is_empty());
    fitted.take(MOST_LABELS).collect()
}

/// An ISO date or, when empty, none.
pub(crate) fn due_on(text: &str) -> Result<Option<NaiveDate>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let refused = Invalid::new("due_on", "is no date of the form 2026-01-31");
    if text.len() != 10 {
        return Err(refused);
    }
    text.parse().map(Some).map_err(|_| refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_at_their_edges() {
        assert!(title(&"ä".repeat(500)).is_ok());
        assert_eq!(title(&"ä".repeat(501)).map_err(|e| e.field), Err("title"));
        assert!(title(" \n ").is_err() && title("a\nb").is_err());
        assert!(description(&"x".repeat(20_000)).is_ok() && description(&"x".repeat(20_001)).is_err());
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert!(labels(&many[..20]).is_ok() && labels(&many).is_err());
        assert_eq!(labels(&["a".into(), " a ".into()]), Ok(vec!["a".to_owned()]));
        assert!(due_on("2026-02-30").is_err() && due_on("2026-2-3").is_err() && due_on("").is_ok());
    }
}
