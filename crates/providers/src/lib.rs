//! What each tool sends: how a delivery is verified, which source it is from, and what it means.
//!
//! Pure: bytes and headers in, facts out. Nothing here reads a clock, a socket or a database, so every
//! provider can be tested with real deliveries alone. One provider is one room and one row of [`table`].

mod github;
pub mod imports;
pub mod model;
mod reading;
mod slack;
pub mod table;
mod verify;

pub use model::*;
pub use reading::{Route, read, route, source_key};
pub use table::{Hook, Provider, provider, table};
pub use verify::{Headers, Refusal, Verified, verify};
