//! Stories, timelines and the blind search index.
//!
//! The feed owns nothing that was said: it folds what ingestion and task tell into stories and documents, shows each member
//! what their audience allows, and forgets what is taken back. Pages are cut as of a position of the organization's order of
//! changes; streams follow the same positions; search reaches its index only through functions that apply the audience.

mod consume;
mod directory;
mod domain;
mod events_content;
mod rpc;
mod store;
mod tales;
mod usecase;
mod wake;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ::rpc::Authenticate;
use access::TicketKey;
use bus::Bus;
use clock::Entropy;
use events::topic;
use keyring::Keyring;
use lifecycle::{Shutdown, Supervisor};
use outbox::{Consumer, Emitter, Relay};
use pg::{QueuePool, TenantPool};
use tokio::net::TcpListener;

pub use store::MIGRATIONS;

/// Name of the service: its group on the bus, its database, the audience of its caller tokens.
pub const SERVICE: &str = "feed";
/// What the feed listens to.
pub const TOPICS: &[&str] =
    &[topic::ACTIVITY, topic::AUDIENCE, topic::ACCOUNT, topic::ORGANIZATION, topic::TASK];

/// How often what only served yesterday's readers is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// What the service is made of.
pub struct Options {
    /// Its database, as the serving role.
    pub pool: TenantPool,
    /// Its database, as the queue role.
    pub queue: QueuePool,
    /// The event bus, its topics made.
    pub bus: Arc<dyn Bus>,
    /// Organization keys.
    pub keyring: Keyring,
    /// The installation's key.
    pub ticket_key: TicketKey,
    /// Time and randomness.
    pub entropy: Entropy,
    /// Believes callers.
    pub authenticate: Authenticate,
    /// Where to serve.
    pub listener: TcpListener,
}

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener has no address.
    #[error("listener")]
    Listener(#[from] std::io::Error),
}

/// Starts serving and consuming on the supervisor. Returns the address it listens on.
///
/// # Errors
/// When the listener has no address.
#[expect(clippy::unused_async, reason = "every service starts the same way")]
pub async fn start(options: Options, supervisor: &mut Supervisor) -> Result<SocketAddr, StartError> {
    let address = options.listener.local_addr()?;
    let clock = options.entropy.clock().clone();
    let wakes = wake::Wakes::default();
    let directory = directory::Directory::new(options.keyring.clone());
    let emitter = Emitter::new(options.ticket_key.clone(), options.entropy);
    let feeder = consume::Feeder {
        keyring: options.keyring.clone(),
        directory: directory.clone(),
        wakes: wakes.clone(),
        clock: clock.clone(),
    };
    let consumer = Consumer {
        group: SERVICE,
        topics: TOPICS,
        bus: options.bus.clone(),
        pool: options.pool.clone(),
        rest: Duration::from_millis(4),
        key: options.ticket_key,
        emitter: emitter.clone(),
        handler: feeder,
    };
    // Replayed dead letters leave through the outbox.
    let relay = Relay::new(options.queue.clone(), options.bus, &emitter);
    let ground = usecase::Ground {
        pool: options.pool,
        keyring: options.keyring,
        directory,
        tales: tales::Tales::new(),
        clock: clock.clone(),
    };
    let service = rpc::Feed { ground, clock, wakes: wakes.clone(), shutdown: supervisor.shutdown() };
    let shutdown = supervisor.shutdown();
    supervisor.spawn("feed rpc", rpc::serve(service, options.authenticate, options.listener, shutdown));
    supervisor.spawn("feed consumer", consumer.run(supervisor.shutdown()));
    supervisor.spawn("feed relay", relay.run(supervisor.shutdown()));
    supervisor.spawn("feed wakes", wakes.watch(options.queue.clone(), supervisor.shutdown()));
    supervisor.spawn("feed prune", prune(options.queue, supervisor.shutdown()));
    Ok(address)
}

async fn prune(pool: QueuePool, shutdown: Shutdown) -> Result<(), std::convert::Infallible> {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(PRUNE_EVERY) => {}
        }
        match store::prune::prune(&pool).await {
            Ok(rows) => tracing::debug!(rows, "forgot left places"),
            Err(error) => tracing::warn!(%error, "left places wait to be forgotten"),
        }
    }
}
