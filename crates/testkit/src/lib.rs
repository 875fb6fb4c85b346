//! Real servers for tests: PostgreSQL, Redis and Kafka.
//!
//! Each server lives in a folder of its own, listens on loopback alone, and dies with the process
//! that started it, however that process ends (a small shell watches over each server). Nothing here is asynchronous, so it
//! serves any runtime, and nothing here knows a service of Oz.
//!
//! `start` answers with a [`Result`]; `shared` (one server per test process) is for the first line of a test and
//! stops the test with a plain message when the machine lacks the server: a test that needs
//! PostgreSQL must not pass without it.

mod guard;
mod kafka;
mod machine;
mod postgres;
mod redis;

pub use anyhow::Result;
pub use guard::{Guarded, Launch};
pub use kafka::Kafka;
pub use machine::{User, free_port};
pub use postgres::{Postgres, SUPERUSER};
pub use redis::Redis;

/// Unwraps what a test cannot go on without, and says in words what is missing.
#[track_caller]
fn demand<T>(what: &str, outcome: Result<T>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("this test needs {what}: {error:#}"),
    }
}
