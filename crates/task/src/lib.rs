//! The task service: lists, tasks with their history, and suggestions read out of conversations.
//!
//! A member calls it over gRPC ([`start`] serves). It consumes what the other services publish ([`TaskEvents`]): who the members
//! are, what is shared with whom, and what happens at the providers. From that it mirrors provider issues as tasks and reads
//! messages for action items; every suggestion keeps the words that prove it and is seen only by those who see their source.
//! Each change of state commits together with the event about it.

mod consume;
mod default_list;
mod domain;
mod events;
mod failure;
mod ledger;
mod present;
mod rpc;
mod sealed;
mod store;
mod usecase;

use std::{sync::Arc, time::Duration};

use access::TicketKey;
use bus::Bus;
use clock::Entropy;
use keyring::Keyring;
use lifecycle::Supervisor;
use outbox::{Consumer, Emitter, Relay};
use pg::{QueuePool, TenantPool};
use tokio::net::TcpListener;

pub use consume::TaskEvents;
pub use store::MIGRATIONS;

/// What the service needs to run.
pub struct Options {
    /// Where it serves gRPC; bound already.
    pub listener: TcpListener,
    /// Connections of the role `oz_task`.
    pub pool: TenantPool,
    /// Connections of the role `oz_task_queue`.
    pub queue: QueuePool,
    /// The event bus; its topics exist.
    pub bus: Arc<dyn Bus>,
    /// The organizations' data keys.
    pub keyring: Keyring,
    /// Signs and checks events.
    pub ticket_key: TicketKey,
    /// Time, randomness, ids.
    pub entropy: Entropy,
    /// Whom it believes.
    pub authenticate: ::rpc::Authenticate,
}

/// Starts serving, relaying and consuming on the supervisor. Returns at once; the first call finds out whether the database is there.
pub fn start(options: Options, supervisor: &mut Supervisor) {
    let Options { listener, pool, queue, bus, keyring, ticket_key, entropy, authenticate } = options;
    let emitter = Emitter::new(ticket_key.clone(), entropy.clone());
    let ledger = ledger::Ledger { keyring: keyring.clone(), emitter: emitter.clone() };
    let means = usecase::Means { pool: pool.clone(), ledger, entropy: entropy.clone() };
    supervisor.spawn("task rpc", rpc::serve(listener, means, authenticate, supervisor.shutdown()));
    supervisor.spawn("task relay", Relay::new(queue, bus.clone(), &emitter).run(supervisor.shutdown()));
    let consumer = Consumer {
        group: "task",
        topics: &consume::TOPICS,
        bus,
        pool,
        rest: Duration::from_millis(20),
        key: ticket_key,
        emitter: emitter.clone(),
        handler: TaskEvents::new(keyring, emitter, entropy),
    };
    supervisor.spawn("task consumer", consumer.run(supervisor.shutdown()));
}
