//! gRPC both ways: verified callers in, caller tokens out, few error codes.
//!
//! Two kinds of credential travel in `authorization`: `Bearer <caller token>` on behalf of a member, and
//! `Service <name> <secret>` where a service asks for itself (keys, sign-in). The server's layer turns the first into a
//! [`access::Caller`] and the second into a [`Peer`]; methods ask for the one they need.

mod client;
mod in_time;
pub mod keys;
mod problem;
mod server;

pub use client::{AsService, channel, with_token};
pub use in_time::InTime;
pub use problem::{
    FIELD, REASON, conflict, denied, internal, invalid, not_found, stale, unauthenticated, unavailable,
};
pub use server::{Authenticate, Peer, ServiceSecret, ServiceSecrets, Verifier, caller, peer};
