//! Writing events in the transaction of the change.

use std::sync::Arc;

use access::TicketKey;
use clock::Entropy;
use events::{Event, EventError};
use pg::{PgError, TenantTx};
use tokio::sync::Notify;

/// An event could not be written; the transaction must not be committed.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The event itself is not sendable.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The database did not take it.
    #[error(transparent)]
    Pg(#[from] PgError),
}

/// Puts events into the outbox and wakes the relay when they are committed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Emitter {
    key: TicketKey,
    entropy: Entropy,
    pub(crate) committed: Arc<Notify>,
}

impl Emitter {
    /// An emitter that signs with the installation's key.
    #[must_use]
    pub fn new(key: TicketKey, entropy: Entropy) -> Self {
        Self { key, entropy, committed: Arc::default() }
    }

    /// Appends events, in their order, to the outbox of the service whose transaction it is.
    ///
    /// # Errors
    /// When an event is too large or the database refuses.
    pub async fn append(
        &self,
        tx: &mut TenantTx,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<(), EmitError> {
        let org = tx.org();
        let mut columns = Columns::default();
        for event in events {
            let enveloped = event.envelop(org, &self.key, &self.entropy)?;
            columns.topics.push(enveloped.topic);
            columns.keys.push(enveloped.partition_key.to_vec());
            columns.ids.push(enveloped.event_id.uuid());
            columns.envelopes.push(enveloped.bytes);
        }
        if columns.ids.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into outbox (org_id, topic, key, event_id, envelope)
             select $1, e.* from unnest($2::text[], $3::bytea[], $4::uuid[], $5::bytea[]) as e",
        )
        .bind(org.uuid())
        .bind(&columns.topics[..])
        .bind(&columns.keys[..])
        .bind(&columns.ids[..])
        .bind(&columns.envelopes[..])
        .execute(tx.conn())
        .await
        .map_err(PgError::from)?;
        Ok(())
    }

    /// Commits the transaction and wakes the relay.
    ///
    /// # Errors
    /// When the commit fails.
    pub async fn commit(&self, tx: TenantTx) -> Result<(), PgError> {
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Wakes the relay, for events that were committed otherwise.
    pub fn wake(&self) {
        self.committed.notify_one();
    }
}

#[derive(Default)]
struct Columns {
    topics: Vec<&'static str>,
    keys: Vec<Vec<u8>>,
    ids: Vec<uuid::Uuid>,
    envelopes: Vec<Vec<u8>>,
}
