//! The task service through its doors: gRPC for members, events for the other services, a real PostgreSQL beneath.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audience;
mod conversations;
mod mirrored;
mod raw;
mod tasks;
mod thresholds;
mod world;
