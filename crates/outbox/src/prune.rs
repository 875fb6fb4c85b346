//! Forgetting which events were applied, long after the bus has forgotten the events themselves.

use std::{convert::Infallible, time::Duration};

use chrono::TimeDelta;
use clock::Clock;
use lifecycle::Shutdown;
use pg::{PgError, QueuePool};

/// How long the id of an applied event is kept: as long as the bus may deliver it once more, and as long again for clocks,
/// stopped processes and dead letters that are replayed late.
pub const KEEP: TimeDelta = TimeDelta::days(14);
const _: () = assert!(KEEP.num_seconds() as u64 >= 2 * bus::RETENTION.as_secs());

/// How often it looks for old ids.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// Ids forgotten in one transaction: few, so that nobody waits for it.
const BATCH: i64 = 1_000;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(20);

/// Number of the advisory lock by which they take turns; the service's own locks have others.
const TURN: i64 = 719_286;

/// Deletes old rows of one service's `consumed`. Several processes may run one: they take turns.
pub struct Pruner {
    pool: QueuePool,
    clock: Clock,
    every: Duration,
}

impl Pruner {
    /// For the service whose queue role it is.
    #[must_use]
    pub const fn new(pool: QueuePool, clock: Clock) -> Self {
        Self { pool, clock, every: EVERY }
    }

    /// Looks this often instead of every quarter of an hour.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// Never: the database being away is waited out.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), Infallible> {
        while !shutdown.is_cancelled() {
            let pause = match self.forget_some().await {
                Ok(0) => self.every,
                Ok(forgotten) => {
                    metrics::counter!("oz_consumed_forgotten_total").increment(forgotten);
                    PAUSE
                }
                Err(error) => {
                    tracing::warn!(%error, "ids of old events were not forgotten");
                    self.every
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        Ok(())
    }

    /// One batch; how many it was.
    async fn forget_some(&self) -> Result<u64, PgError> {
        let mut tx = self.pool.begin().await?;
        let mine: bool =
            sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(TURN).fetch_one(&mut *tx).await?;
        if !mine {
            return Ok(0);
        }
        let forgotten = sqlx::query(
            "delete from consumed c using (select org_id, event_id from consumed where at < $1 limit $2) old
             where c.org_id = old.org_id and c.event_id = old.event_id",
        )
        .bind(self.clock.now() - KEEP)
        .bind(BATCH)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(forgotten.rows_affected())
    }
}
