//! The rules of identity: no input, no output, no waiting.

pub(crate) mod credential;
pub(crate) mod member;
pub(crate) mod paging;
pub(crate) mod rotation;
pub(crate) mod text;
pub(crate) mod wrapping;

/// Input that is wrong at a field; the message is for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub(crate) struct Invalid {
    /// The field at fault, as the contract names it.
    pub(crate) field: &'static str,
    /// What is expected.
    pub(crate) message: &'static str,
}

impl Invalid {
    pub(crate) const fn new(field: &'static str, message: &'static str) -> Self {
        Self { field, message }
    }
}
