//! Moving committed events from the outbox to the bus.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::{Bus, Record};
use lifecycle::Shutdown;
use pg::{PgError, QueuePool};
use sqlx::Row;
use tokio::sync::Notify;

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
        let mut tx = self.pool.begin().await?;
        // One relay of a service at a time, or events of one container could overtake each other.
        let rows = sqlx::query(
            "with turn as materialized (select pg_advisory_xact_lock(719284))
             select o.org_id, o.seq, o.topic, o.key, o.event_id, o.envelope
             from turn, lateral (select * from outbox order by seq limit $1) o order by o.seq",
        )
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await
        .map_err(PgError::from)?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut by_topic: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        let (mut orgs, mut seqs): (Vec<uuid::Uuid>, Vec<i64>) = (Vec::new(), Vec::new());
        for row in &rows {
            orgs.push(row.try_get(0).map_err(PgError::from)?);
            seqs.push(row.try_get(1).map_err(PgError::from)?);
            let event_id: uuid::Uuid = row.try_get(4).map_err(PgError::from)?;
            let (key, envelope): (Vec<u8>, Vec<u8>) =
                (row.try_get(3).map_err(PgError::from)?, row.try_get(5).map_err(PgError::from)?);
            by_topic.entry(row.try_get(2).map_err(PgError::from)?).or_default().push(Record::new(
                key,
                envelope,
                *event_id.as_bytes(),
            ));
        }
        for (topic, records) in by_topic {
            self.bus.publish(&topic, records).await?;
        }
        sqlx::query(
            "delete from outbox o using unnest($1::uuid[], $2::bigint[]) as d(org_id, seq)
             where o.org_id = d.org_id and o.seq = d.seq",
        )
        .bind(&orgs[..])
        .bind(&seqs[..])
        .execute(&mut *tx)
        .await
        .map_err(PgError::from)?;
        tx.commit().await.map_err(PgError::from)?;
        metrics::counter!("oz_outbox_relayed_total").increment(rows.len() as u64);
        Ok(rows.len())
    }
}
