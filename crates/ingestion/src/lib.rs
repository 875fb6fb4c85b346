//! What tools send: verified, allow-listed, durable, normalised.
//!
//! Deliveries come through the [`door`] (HTTP) or as archives over gRPC. Both lay them down sealed, with a place in the queue, in
//! one commit; the [`normalise`] worker turns them into items and publishes activities, audiences, accounts and metadata. Before
//! the first durable write stands the allow-list of sources: what is not shared is counted by its event's name and leaves no
//! other trace.

mod consume;
mod domain;
mod door;
mod events;
mod normalise;
mod rpc;
mod store;
mod usecase;

use std::{sync::Arc, time::Duration};

use ::rpc::Authenticate;
use access::TicketKey;
use bus::Bus;
use clock::Entropy;
use keyring::Keyring;
use lifecycle::Supervisor;
use outbox::{Consumer, Emitter, Relay};
use pg::{QueuePool, TenantPool};
use tokio::{net::TcpListener, sync::mpsc};

pub use store::MIGRATIONS;

/// How long the service waits for those who send to it.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the whole body of a delivery. Providers themselves give up after ten seconds at most.
    pub body: Duration,
    /// For the next piece of an archive.
    pub silence: Duration,
    /// For a whole archive.
    pub import: Duration,
    /// For the answer to any other call.
    pub call: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            body: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            import: Duration::from_secs(2 * 60 * 60),
            call: Duration::from_secs(30),
        }
    }
}

/// What the service needs.
pub struct Options {
    /// Its database, as the serving role.
    pub pool: TenantPool,
    /// Its database, as the queue role.
    pub queue: QueuePool,
    /// The event bus.
    pub bus: Arc<dyn Bus>,
    /// Keys of the organizations.
    pub keyring: Keyring,
    /// The installation's key for events and queued work.
    pub ticket_key: TicketKey,
    /// Time and randomness.
    pub entropy: Entropy,
    /// Who may call.
    pub authenticate: Authenticate,
    /// Where gRPC is served.
    pub rpc: TcpListener,
    /// Where the hook door is.
    pub hooks: TcpListener,
    /// How long it waits for others.
    pub patience: Patience,
}

/// What all rooms of the service share.
pub(crate) struct Ingestion {
    pub pool: TenantPool,
    pub queue: QueuePool,
    pub keyring: Keyring,
    pub emitter: Emitter,
    pub ticket_key: TicketKey,
    pub entropy: Entropy,
    pub configs: door::Configs,
    pub patience: Patience,
    /// Wakes the normalisers.
    pub arrived: normalise::Wakes,
    /// Hears of imports that were not received to their end.
    pub interruptions: usecase::import::Interruptions,
}

/// Starts the service's tasks on the supervisor.
pub fn start(options: Options, supervisor: &mut Supervisor) {
    let emitter = Emitter::new(options.ticket_key.clone(), options.entropy.clone());
    let relay = Relay::new(options.queue.clone(), options.bus.clone(), &emitter);
    let (interruptions, interrupted) = mpsc::unbounded_channel();
    let service = Arc::new(Ingestion {
        configs: door::Configs::new(
            options.pool.clone(),
            options.keyring.clone(),
            options.entropy.clock().clone(),
        ),
        pool: options.pool.clone(),
        queue: options.queue,
        keyring: options.keyring,
        emitter: emitter.clone(),
        ticket_key: options.ticket_key.clone(),
        entropy: options.entropy,
        patience: options.patience,
        arrived: normalise::Wakes::default(),
        interruptions,
    });
    let shutdown = supervisor.shutdown();
    supervisor.spawn("ingestion relay", relay.run(shutdown.clone()));
    for worker in 0..normalise::WORKERS {
        supervisor.spawn("ingestion normaliser", normalise::run(service.clone(), worker, shutdown.clone()));
    }
    let consumer = Consumer {
        group: "ingestion",
        topics: consume::TOPICS,
        bus: options.bus,
        pool: options.pool,
        rest: Duration::from_millis(20),
        key: options.ticket_key,
        emitter,
        handler: consume::Links,
    };
    supervisor.spawn("ingestion consumer", consumer.run(shutdown.clone()));
    supervisor.spawn(
        "ingestion interrupted imports",
        usecase::import::mark(service.clone(), interrupted, shutdown.clone()),
    );
    let (acceptor, committer) = door::acceptor(service.clone());
    supervisor.spawn("ingestion door's committer", committer.run(shutdown.clone()));
    supervisor
        .spawn("ingestion door", door::serve(options.hooks, service.clone(), acceptor, shutdown.clone()));
    supervisor.spawn("ingestion rpc", rpc::serve(options.rpc, options.authenticate, service, shutdown));
}
