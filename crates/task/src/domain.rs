//! What lists, tasks and suggestions are, without any waiting: states, limits, changes and how they are taken back.

pub(crate) mod change;
pub(crate) mod mirror;
pub(crate) mod page;
pub(crate) mod person;
pub(crate) mod state;
pub(crate) mod suggestion;
pub(crate) mod task;
pub(crate) mod thresholds;
pub(crate) mod visibility;

/// An input that no rule admits: the field and, for the person who sent it, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub(crate) struct Invalid {
    /// Name of the field in the request.
    pub field: &'static str,
    /// Why it is not admitted.
    pub why: &'static str,
}

impl Invalid {
    pub(crate) const fn new(field: &'static str, why: &'static str) -> Self {
        Self { field, why }
    }
}

/// A name or title: trimmed, not empty, at most `longest` characters, no control characters.
pub(crate) fn line(field: &'static str, text: &str, longest: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new(field, "is empty"));
    }
    if text.chars().count() > longest {
        return Err(Invalid::new(field, "is too long"));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(field, "has line breaks or other control characters"));
    }
    Ok(text.to_owned())
}

/// The first `longest` characters of a provider's text on one line, for what Oz must not refuse.
pub(crate) fn fitted(text: &str, longest: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(longest).collect();
    line.trim().to_owned()
}
