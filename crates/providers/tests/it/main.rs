//! The promises of the hook providers, by their public doors.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops where a promise is broken, and says aloud when it was skipped"
)]

mod deliveries;
mod fixtures;
mod github;
mod github_surroundings;
mod hostile;
mod slack;
mod table;
mod verification;
