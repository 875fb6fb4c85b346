//! Organizations, members, sign-in, tokens, keys and the audit log.
//!
//! Identity is the only service that turns what people present (a session, an API token, a one-time link) into caller tokens,
//! and the only one that holds organizations' data keys at rest, wrapped by the key-encryption key.

mod consume;
mod domain;
mod events;
mod rpc;
mod store;
mod usecase;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use ::rpc::{Authenticate, ServiceSecrets, Verifier};
use access::TicketKey;
use bus::Bus;
use clock::Entropy;
use keyring::Keyring;
use lifecycle::{Shutdown, Supervisor};
use outbox::{Consumer, Emitter, Relay};
use pg::{QueuePool, TenantPool};
use tokio::net::TcpListener;

use crate::usecase::{
    Context,
    organization_keys::KeyStore,
    sign::{self, Signer},
};
pub use crate::{
    domain::wrapping::KeyEncryptionKey,
    store::MIGRATIONS,
    usecase::rewrap::{RewrapError, rewrap},
};

/// How often the signing keys are looked at: another process may have rotated them.
const LOOK_AT_KEYS: Duration = Duration::from_secs(30);

/// What identity runs on.
pub struct Options {
    /// Database, as the serving role.
    pub pool: TenantPool,
    /// Database, as the queue role.
    pub queue: QueuePool,
    /// The event bus; its topics exist.
    pub bus: Arc<dyn Bus>,
    /// Wraps all keys.
    pub key_encryption_key: KeyEncryptionKey,
    /// Signs events.
    pub ticket_key: TicketKey,
    /// Randomness and time.
    pub entropy: Entropy,
    /// Services that are believed, by name; `gateway` and `operator` too.
    pub secrets: ServiceSecrets,
    /// Where to serve.
    pub listener: TcpListener,
}

/// Identity, running on the supervisor.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Where it serves.
    pub address: SocketAddr,
}

/// Identity did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database is away, not migrated, or its signing keys are wrapped by another key-encryption key.
    #[error("signing keys cannot be read: {0}")]
    SigningKeys(String),
    /// The listener has no address.
    #[error("listener: {0}")]
    Listener(#[from] std::io::Error),
}

/// Reads or makes the signing keys, then serves, relays, consumes and rotates on the supervisor until its shutdown.
///
/// # Errors
/// When the signing keys cannot be read.
pub async fn start(options: Options, supervisor: &mut Supervisor) -> Result<Handle, StartError> {
    let Options { pool, queue, bus, key_encryption_key, ticket_key, entropy, secrets, listener } = options;
    let address = listener.local_addr()?;
    let kek = Arc::new(key_encryption_key);
    let signer = Signer::default();
    sign::refresh(&pool, &kek, &entropy, &signer)
        .await
        .map_err(|failure| StartError::SigningKeys(failure.to_string()))?;

    let keys = KeyStore { pool: pool.clone(), kek: kek.clone() };
    let keyring = Keyring::new(keys.clone(), entropy.clone());
    let emitter = Emitter::new(ticket_key.clone(), entropy.clone());
    let verifier = Verifier::new(signer.verifying());
    let authenticate = Authenticate::new(verifier.clone(), secrets, entropy.clock().clone());
    let shutdown = supervisor.shutdown();

    let relay = Relay::new(queue, bus.clone(), &emitter);
    supervisor.spawn("identity relay", relay.run(shutdown.clone()));
    let handler =
        consume::Observe { keyring: keyring.clone(), emitter: emitter.clone(), entropy: entropy.clone() };
    let consumer = Consumer {
        group: "identity",
        topics: consume::TOPICS,
        bus,
        pool: pool.clone(),
        rest: Duration::from_millis(20),
        key: ticket_key,
        emitter: emitter.clone(),
        handler,
    };
    supervisor.spawn("identity consumer", consumer.run(shutdown.clone()));
    let context = Context { pool, keyring, emitter, entropy, kek, signer };
    supervisor.spawn("identity signing keys", keep_signing_keys(context.clone(), verifier, shutdown.clone()));
    supervisor.spawn("identity rpc", rpc::serve(listener, context, keys, authenticate, shutdown));
    Ok(Handle { address })
}

/// Rotates the signing keys and learns of rotations by others. While the database is away the known keys go on.
async fn keep_signing_keys(
    context: Context,
    verifier: Verifier,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_AT_KEYS) => {}
        }
        match sign::refresh(&context.pool, &context.kek, &context.entropy, &context.signer).await {
            Ok(()) => verifier.replace(context.signer.verifying()),
            Err(error) => tracing::warn!(%error, "signing keys stay as they are for now"),
        }
    }
}
