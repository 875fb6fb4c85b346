//! The whole system through its public doors.
//!
//! Every test talks to a real `oz up` on a data folder of its own. What a person or a provider can do is done as they do it:
//! by HTTP, by signed deliveries, by the command line. Only [`raw`], [`roles`] and [`rpcs`] look behind the doors, since what
//! lies there must tell nothing either.

#![expect(clippy::print_stdout, reason = "a test says what it skips and how far it is")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set its scene has failed")]

mod archives;
mod crash;
mod fixtures;
mod golden;
mod house;
mod http;
mod isolation;
mod main_job;
mod raw;
mod roles;
mod rpcs;
mod scene;
mod signed;
mod suggested;
mod summary;
mod traces;
