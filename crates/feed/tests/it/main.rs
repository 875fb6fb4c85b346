//! The feed through its public doors: events in over the embedded bus, gRPC out, a real PostgreSQL beneath, two
//! organizations always.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking and ends with what it spawned"
)]

mod ground;
mod isolation;
mod paging;
mod search;
mod stories;
mod stream;
