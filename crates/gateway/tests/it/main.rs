//! The gateway through its public door.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set its scene has failed")]

mod callers;
mod fake;
mod hooks;
mod house;
mod imports;
mod limits;
mod outside;
mod problems;
mod repeats;
mod routes;
mod shapes;
mod stream;
mod tasks;
