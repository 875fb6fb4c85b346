//! Consuming events so that each has its effect once.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::Arc,
    time::Duration,
};

use access::{TenantScope, TicketKey};
use async_trait::async_trait;
use bus::{Batch, Bus};
use events::{EventError, Received};
use lifecycle::Shutdown;
use pg::{PgError, TenantPool, TenantTx};
use sqlx::Row;
use tokio::time::Instant;
use uuid::Uuid;

use crate::Emitter;

/// Most events applied in one transaction.
const BATCH: usize = 500;
/// How long the bus may not know what was applied. Each commit costs it a round trip, or a transaction; what comes again after a
/// crash finds itself remembered.
const COMMIT_EVERY: Duration = Duration::from_millis(200);
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// What a service does with events.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Applies events of one organization, in their order, inside the transaction that remembers them. Events of types it does
    /// not know are passed over. Nothing outside the transaction may be changed.
    ///
    /// # Errors
    /// [`HandleError`] says whether trying again may help.
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError>;

    /// Called after the commit, for effects that may be lost or repeated (waking a stream).
    async fn committed(&self, _scope: &TenantScope, _events: &[Received]) {}
}

/// The fate of events that were not applied.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// Something needed is away: the same events are tried again, for as long as it takes.
    #[error("try again: {0}")]
    Retry(#[source] Box<dyn Error + Send + Sync>),
    /// The event cannot be applied, now or later: it becomes a dead letter with this reason, which carries no content.
    #[error("cannot be applied: {0}")]
    Poison(String),
}

impl HandleError {
    /// A failure that time may heal.
    pub fn retry(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Retry(Box::new(error))
    }
}

impl From<PgError> for HandleError {
    fn from(error: PgError) -> Self {
        if error.is_transient() { Self::retry(error) } else { Self::Poison(error.to_string()) }
    }
}

impl From<sqlx::Error> for HandleError {
    fn from(error: sqlx::Error) -> Self {
        PgError::from(error).into()
    }
}

impl From<EventError> for HandleError {
    fn from(error: EventError) -> Self {
        Self::Poison(error.to_string())
    }
}

impl From<crate::EmitError> for HandleError {
    fn from(error: crate::EmitError) -> Self {
        match error {
            crate::EmitError::Event(event) => event.into(),
            crate::EmitError::Pg(pg) => pg.into(),
        }
    }
}

/// Consumes topics for one service.
pub struct Consumer<H> {
    /// Name of the service: its group on the bus.
    pub group: &'static str,
    /// Which topics.
    pub topics: &'static [&'static str],
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The service's own database.
    pub pool: TenantPool,
    /// How long it rests after each batch, so that what arrives meanwhile is worked together: a batch costs much the same however
    /// large it is. What arrives after a longer silence is worked at once.
    pub rest: Duration,
    /// The installation's key.
    pub key: TicketKey,
    /// Commits and wakes the relay, for what the handler emitted.
    pub emitter: Emitter,
    /// What to do.
    pub handler: H,
}

/// What was applied and the bus does not know: the last batch of each partition, of which only the end counts.
#[derive(Default)]
struct Applied {
    ends: HashMap<(String, i32), Batch>,
    since: Option<Instant>,
}

impl Applied {
    fn add(&mut self, mut batch: Batch) {
        let last = batch.records.len().saturating_sub(1);
        let end = batch.split_off(last);
        self.ends.insert((end.topic.clone(), end.partition), end);
        self.since.get_or_insert_with(Instant::now);
    }

    /// When the oldest of it has waited long enough; never, while there is none.
    async fn due(&self) {
        match self.since {
            Some(since) => tokio::time::sleep_until(since + COMMIT_EVERY).await,
            None => std::future::pending().await,
        }
    }

    fn take(&mut self) -> Vec<Batch> {
        self.since = None;
        self.ends.drain().map(|(_, end)| end).collect()
    }
}

/// What is there at `from`, or arrives next. Cancelling it loses nothing.
async fn next_at(consumer: &mut dyn bus::Consumer, from: Instant) -> Result<Batch, bus::BusError> {
    tokio::time::sleep_until(from).await;
    consumer.next_batch(BATCH).await
}

/// Whatever else has come, on any partition. Not to be cancelled: the consumer's position is past what it holds.
async fn with_more(consumer: &mut dyn bus::Consumer, first: Batch) -> Vec<Batch> {
    let mut count = first.records.len();
    let mut batches = vec![first];
    while count < BATCH {
        // A failure is the next call's to tell.
        let Ok(Some(more)) = consumer.more(BATCH - count).await else { break };
        count += more.records.len();
        batches.push(more);
    }
    batches
}

impl<H: Handler> Consumer<H> {
    /// Runs until shutdown; a batch under way is finished first.
    ///
    /// # Errors
    /// When the bus does not let it subscribe.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), bus::BusError> {
        let mut consumer = self.bus.subscribe(self.group, self.topics).await?;
        let (mut applied, mut rested) = (Applied::default(), Instant::now());
        loop {
            let first = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = applied.due() => {
                    self.commit(&mut *consumer, &mut applied).await;
                    continue;
                }
                first = next_at(&mut *consumer, rested) => first,
            };
            let batches = match first {
                Ok(first) => with_more(&mut *consumer, first).await,
                Err(error) => {
                    tracing::warn!(%error, group = self.group, "bus is waiting");
                    tokio::time::sleep(FIRST_BACKOFF * 4).await;
                    continue;
                }
            };
            if !self.apply_batches(&batches, &shutdown).await {
                break;
            }
            batches.into_iter().for_each(|batch| applied.add(batch));
            rested = Instant::now() + self.rest;
        }
        self.commit(&mut *consumer, &mut applied).await;
        if let Err(error) = consumer.close().await {
            tracing::warn!(%error, group = self.group, "left the group without saying so");
        }
        Ok(())
    }

    async fn commit(&self, consumer: &mut dyn bus::Consumer, applied: &mut Applied) {
        for batch in applied.take() {
            if let Err(error) = consumer.commit(&batch).await {
                // What it holds comes again, or the next commit covers it.
                tracing::warn!(%error, group = self.group, "offset was not kept");
            }
        }
    }

    /// Applies batches organization by organization. False when shutdown came before it was done.
    async fn apply_batches(&self, batches: &[Batch], shutdown: &Shutdown) -> bool {
        let mut by_org: Vec<(TenantScope, Vec<Received>)> = Vec::new();
        let records =
            batches.iter().flat_map(|batch| batch.records.iter().map(|record| (&batch.topic, record)));
        for (topic, delivered) in records {
            match Received::read(topic, &delivered.record.payload, &self.key) {
                Ok(event) => match by_org.iter_mut().find(|(scope, _)| scope.org() == event.scope().org()) {
                    Some((_, events)) => events.push(event),
                    None => by_org.push((event.scope().clone(), vec![event])),
                },
                Err(error) => {
                    metrics::counter!("oz_events_refused_total", "group" => self.group).increment(1);
                    tracing::error!(%error, group = self.group, "record on the bus is not an event of ours");
                }
            }
        }
        for (scope, events) in by_org {
            if !self.apply_until_done(&scope, &events, shutdown).await {
                return false;
            }
        }
        true
    }

    async fn apply_until_done(&self, scope: &TenantScope, events: &[Received], shutdown: &Shutdown) -> bool {
        let mut backoff = FIRST_BACKOFF;
        loop {
            let reason = match self.apply_once(scope, events).await {
                Ok(()) => return true,
                Err(HandleError::Poison(reason)) => match events {
                    [] => return true,
                    [event] => match self.bury(scope, event, &reason).await {
                        Ok(()) => return true,
                        Err(error) => error.to_string(),
                    },
                    // One of them is poison: alone, it does not take the others along.
                    many => {
                        for event in many {
                            if !Box::pin(self.apply_until_done(scope, std::slice::from_ref(event), shutdown))
                                .await
                            {
                                return false;
                            }
                        }
                        return true;
                    }
                },
                Err(HandleError::Retry(error)) => error.to_string(),
            };
            metrics::counter!("oz_events_retried_total", "group" => self.group).increment(1);
            tracing::warn!(reason, group = self.group, "events wait to be applied");
            tokio::select! {
                () = shutdown.cancelled() => return false,
                () = tokio::time::sleep(backoff) => backoff = (backoff * 2).min(LONGEST_BACKOFF),
            }
        }
    }

    async fn apply_once(&self, scope: &TenantScope, events: &[Received]) -> Result<(), HandleError> {
        let mut tx = TenantTx::begin(&self.pool, scope).await?;
        let fresh = remember(&mut tx, events).await?;
        if fresh.is_empty() {
            return Ok(());
        }
        self.handler.apply(&mut tx, &fresh).await?;
        self.emitter.commit(tx).await?;
        metrics::counter!("oz_events_applied_total", "group" => self.group).increment(fresh.len() as u64);
        self.handler.committed(scope, &fresh).await;
        Ok(())
    }

    /// Keeps a poisonous event with its reason, and remembers it.
    async fn bury(&self, scope: &TenantScope, event: &Received, reason: &str) -> Result<(), PgError> {
        tracing::error!(group = self.group, event = %event.event_id, kind = event.type_name, reason, "event became a dead letter");
        metrics::counter!("oz_dead_letters_total", "group" => self.group).increment(1);
        let mut tx = TenantTx::begin(&self.pool, scope).await?;
        if remember(&mut tx, std::slice::from_ref(event)).await?.is_empty() {
            return Ok(());
        }
        sqlx::query("insert into dead_letter (org_id, event_id, topic, type, envelope, reason) values ($1, $2, $3, $4, $5, $6)")
            .bind(scope.org().uuid())
            .bind(event.event_id.uuid())
            .bind(event.topic())
            .bind(&event.type_name)
            .bind(event.envelope())
            .bind(reason)
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }
}

/// Inserts the ids; returns the events that were not there yet, each once.
async fn remember(tx: &mut TenantTx, events: &[Received]) -> Result<Vec<Received>, PgError> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.event_id.uuid()).collect();
    let rows = sqlx::query(
        "insert into consumed (org_id, event_id) select $1, unnest($2::uuid[]) on conflict do nothing returning event_id",
    )
    .bind(tx.org().uuid())
    .bind(&ids[..])
    .fetch_all(tx.conn())
    .await?;
    let mut fresh = rows.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<Uuid>, _>>()?;
    Ok(events.iter().filter(|event| fresh.remove(&event.event_id.uuid())).cloned().collect())
}
