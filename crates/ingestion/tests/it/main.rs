//! Ingestion through its public doors: real HTTP, real gRPC, real PostgreSQL, the real embedded bus, two organizations.
//!
//! The keys come from a source made for these tests; identity's own is tested where identity is.

#![expect(clippy::unwrap_used, reason = "a test stops where its ground is missing")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

mod allow_list;
mod contract;
mod fixtures;
mod house;
mod imports;
mod lock;
mod normalising;
mod patience;
mod post;
mod replays;
mod secrets;
mod verification;
mod visibility;
