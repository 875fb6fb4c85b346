//! Events that commit with the change, and consumption that counts each once.
//!
//! A service writes its events into its own database in the transaction that makes them true ([`Emitter`]); a [`Relay`] moves
//! them to the bus and deletes them there, in this order, so a crash repeats and never loses. [`Consumer`] applies each event in
//! one transaction with a row that remembers its id, so a repeat has no effect. What cannot be applied is kept as a dead
//! letter with its reason, and can be replayed.
//!
//! The tables are made by `oz.create_event_tables` of the `pg` crate's prelude and are the same in every service, so the
//! statements here are checked by this crate's tests and not against one service's offline data.

mod consumer;
mod dead;
mod emitter;
mod prune;
mod relay;

pub use consumer::{Consumer, HandleError, Handler};
pub use dead::{DeadLetter, dead_letters, replay};
pub use emitter::{EmitError, Emitter};
pub use prune::{KEEP, Pruner};
pub use relay::Relay;
