//! The aggregation service through its public doors: events in, gRPC out, a real PostgreSQL between.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod consumption;
mod doors;
mod replay;
mod speed;
mod stage;
mod teams;
