//! One verb, one room.

pub mod create_integration;
pub mod import;
pub mod preview_sources;
pub mod purge;
pub mod put_sources;
pub mod replay_delivery;
pub mod share;
