//! Moving committed events from the outbox to the bus.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::{Bus, Record};
use lifecycle::Shutdown;
use pg::{PgError, QueuePool};
use sqlx::{Postgres, Row, Transaction};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::Emitter;

/// Most events moved at once.
const BATCH: i64 = 500;
/// How long the relay sleeps when nobody wakes it: the bound for events of a process that died after its commit.
const FALLBACK: Duration = Duration::from_millis(250);
/// How long it waits after a failure.
const BACKOFF: Duration = Duration::from_millis(500);

/// Moves events of one service's outbox to the bus. Several processes may run one: they take turns.
pub struct Relay {
    pool: QueuePool,
    bus: Arc<dyn Bus>,
    committed: Arc<Notify>,
}

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error("bus: {0}")]
    Bus(#[from] bus::BusError),
}

impl Relay {
    /// A relay that is woken by `emitter`.
    #[must_use]
    pub fn new(pool: QueuePool, bus: Arc<dyn Bus>, emitter: &Emitter) -> Self {
        Self { pool, bus, committed: emitter.committed.clone() }
    }

    /// Runs until shutdown. What is committed by then is moved by the next start.
    ///
    /// # Errors
    /// Never: the database or the bus being away is waited out.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), std::convert::Infallible> {
        while !shutdown.is_cancelled() {
            let pause = match self.move_batch().await {
                Ok(moved) if moved == BATCH as usize => continue,
                Ok(_) => FALLBACK,
                Err(error) => {
                    tracing::warn!(%error, "outbox is waiting");
                    BACKOFF
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.committed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        Ok(())
    }

    /// Publishes the oldest events and deletes them after the bus has them. Returns how many.
    async fn move_batch(&self) -> Result<usize, RelayError> {
        // One relay of a service at a time, or events of one container could overtake each other. The lock is a statement of its
        // own: what the one before has moved must be gone from this one's sight.
        let mut tx = self.pool.begin_with("begin; select pg_advisory_xact_lock(719284)").await?;
        let rows = sqlx::query(
            "select org_id, seq, topic, key, event_id, envelope, ctid::text from outbox order by seq limit $1",
        )
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await
        .map_err(PgError::from)?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut by_topic: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        let mut places: Vec<String> = Vec::with_capacity(rows.len());
        for row in &rows {
            let (org, seq) = (row.try_get(0).map_err(PgError::from)?, row.try_get(1).map_err(PgError::from)?);
            places.push(row.try_get(6).map_err(PgError::from)?);
            let topic: String = row.try_get(2).map_err(PgError::from)?;
            let event_id: Uuid = row.try_get(4).map_err(PgError::from)?;
            let (key, envelope): (Vec<u8>, Vec<u8>) =
                (row.try_get(3).map_err(PgError::from)?, row.try_get(5).map_err(PgError::from)?);
            let record = Record::new(key, envelope, *event_id.as_bytes());
            match never_taken(&topic, &record) {
                Some(reason) => bury(&mut tx, (org, seq), reason).await?,
                None => by_topic.entry(topic).or_default().push(record),
            }
        }
        self.bus.publish_all(by_topic.into_iter().collect()).await?;
        // By their places on disk, which nobody changes while this transaction has read the table, and which are unambiguous as
        // long as it has one partition: what is full and empty by turns has no statistics from which an index would be chosen.
        sqlx::query("delete from outbox where ctid = any($1::text[]::tid[])")
            .bind(&places[..])
            .execute(&mut *tx)
            .await
            .map_err(PgError::from)?;
        tx.commit().await.map_err(PgError::from)?;
        metrics::counter!("oz_outbox_relayed_total").increment(rows.len() as u64);
        Ok(rows.len())
    }
}

/// Why no bus takes the record, now or later. An emitter writes no such event; one that is there must not hold up the others.
fn never_taken(topic: &str, record: &Record) -> Option<&'static str> {
    if !events::topic::ALL.contains(&topic) {
        return Some("no such topic");
    }
    (record.len() > bus::MAX_RECORD_BYTES).then_some("too large for the bus")
}

/// Keeps what cannot be moved as a dead letter.
async fn bury(
    tx: &mut Transaction<'static, Postgres>,
    (org, seq): (Uuid, i64),
    reason: &str,
) -> Result<(), PgError> {
    tracing::error!(reason, "what waited in the outbox became a dead letter");
    metrics::counter!("oz_outbox_refused_total").increment(1);
    sqlx::query(
        "insert into dead_letter (org_id, event_id, topic, type, envelope, reason)
         select org_id, event_id, topic, '', envelope, $3 from outbox where org_id = $1 and seq = $2
         on conflict (org_id, event_id) do nothing",
    )
    .bind(org)
    .bind(seq)
    .bind(reason)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
