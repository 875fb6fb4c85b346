//! Figures from metadata that identify nobody.
//!
//! The service counts what [`proto::events::v1::Measure`] says of shared items and what tasks say of themselves. It holds no content
//! key: a sealed field that passes by stays sealed. Everything counted has exactly one effect, kept as a point by the
//! thing's own id; the points are summed by day and person in the same transaction, so reading costs days and people, not
//! events. What of it is shown is decided by one pure module, `domain/suppression.rs`.

mod consume;
mod domain;
mod rpc;
mod store;
mod usecase;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ::rpc::Authenticate;
use access::TicketKey;
use bus::Bus;
use clock::Entropy;
use lifecycle::Supervisor;
use outbox::{Consumer, Emitter, Relay};
use pg::{QueuePool, TenantPool};
use tokio::net::TcpListener;

pub use crate::{
    consume::{Count, TOPICS},
    store::MIGRATIONS,
};

/// What the service runs on.
pub struct Options {
    /// Its database, as the serving role.
    pub pool: TenantPool,
    /// Its database, as the queue role.
    pub queue: QueuePool,
    /// The event bus; its topics exist.
    pub bus: Arc<dyn Bus>,
    /// The installation's key for events.
    pub ticket_key: TicketKey,
    /// Time and randomness.
    pub entropy: Entropy,
    /// Who may call.
    pub authenticate: Authenticate,
    /// Where to serve.
    pub listener: TcpListener,
}

/// The service, running on the supervisor.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Where it serves.
    pub address: SocketAddr,
}

/// The service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener has no address.
    #[error("listener: {0}")]
    Listener(#[from] std::io::Error),
}

/// Serves, consumes and relays replayed dead letters on the supervisor until its shutdown. A database or a bus that is away is waited for.
///
/// # Errors
/// When the listener is none.
pub async fn start(options: Options, supervisor: &mut Supervisor) -> Result<Handle, StartError> {
    let Options { pool, queue, bus, ticket_key, entropy, authenticate, listener } = options;
    let address = listener.local_addr()?;
    let clock = entropy.clock().clone();
    let emitter = Emitter::new(ticket_key.clone(), entropy);
    let shutdown = supervisor.shutdown();
    let relay = Relay::new(queue, bus.clone(), &emitter);
    supervisor.spawn("aggregation relay", relay.run(shutdown.clone()));
    let consumer = Consumer {
        group: "aggregation",
        topics: TOPICS,
        bus,
        pool: pool.clone(),
        // Nobody waits for a figure as for a message.
        rest: Duration::from_millis(100),
        key: ticket_key,
        emitter,
        handler: Count,
    };
    supervisor.spawn("aggregation consumer", consumer.run(shutdown.clone()));
    supervisor.spawn("aggregation rpc", rpc::serve(listener, pool, clock, authenticate, shutdown));
    Ok(Handle { address })
}
