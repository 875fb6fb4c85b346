//! Words and identifiers of ingestion. Pure.

pub mod identity;
pub mod visibility;
