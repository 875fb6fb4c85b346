//! The door to a database, on a real one.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod catalogue;
mod doors;
mod ground;
mod statistics;
