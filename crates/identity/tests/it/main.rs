//! Identity through its public doors: real PostgreSQL, real gRPC, the real embedded bus, two organizations.

#![expect(clippy::unwrap_used, reason = "a test stops where its ground is missing")]

mod accounts;
mod audit;
mod house;
mod keys;
mod members;
mod sign_in;
mod tenancy;
