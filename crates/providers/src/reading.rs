//! From the bytes of a verified delivery to its source, and to its facts.

use crate::model::{ReadError, Reading};
use crate::table;

/// Where a delivery belongs, decided before anything of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// All content is from this source (canonical key). Stored only if the source is shared.
    Source(String),
    /// About the connection or its people, without content of a source. Facts that name a source nonetheless
    /// (a deleted file) only take away; each is to be matched with what is shared.
    Connection,
    /// Acknowledged and counted under this reason code, never stored.
    Unsupported(&'static str),
}

/// Names the source of a verified delivery. `event` is [`Verified::event`](crate::Verified::event).
///
/// # Errors
/// [`ReadError::Malformed`] when the body does not name its source as the provider documents.
pub fn route(provider: &str, event: &str, body: &[u8]) -> Result<Route, ReadError> {
    match table::provider(provider).and_then(|row| row.hook.as_ref()) {
        Some(hook) => (hook.route)(event, body),
        None => Ok(Route::Unsupported("no_hook")),
    }
}

/// Reads a verified delivery into facts. Every fact that carries content is from the source that [`route`] names.
///
/// # Errors
/// [`ReadError`] when the body is not what the provider documents, or has more parts than it ever sends.
pub fn read(provider: &str, event: &str, body: &[u8]) -> Result<Reading, ReadError> {
    match table::provider(provider).and_then(|row| row.hook.as_ref()) {
        Some(hook) => (hook.read)(event, body),
        None => Ok(Reading::Skipped("no_hook")),
    }
}

/// The canonical key of a source that a person typed or pasted, as [`Route::Source`] would name it;
/// `None` when it cannot be a source of this provider.
#[must_use]
pub fn source_key(provider: &str, typed: &str) -> Option<String> {
    table::provider(provider).and_then(|row| (row.canonical_source)(typed.trim()))
}
