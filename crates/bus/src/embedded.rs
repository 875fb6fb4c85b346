//! The log in PostgreSQL, for one machine.
//!
//! Appends to a partition are serialized by the lock on its row, so offsets have no gaps and appear in order.
//! A consumer is a database session: it holds an advisory lock for each of its partitions and listens for
//! notifications, so that the death of its process frees its partitions, and a record's commit wakes it.

mod consumer;
mod retention;
mod share;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::{Bus, BusError, Consumer, Delivered, Lag, Record, check_sizes, gauge_lag};
use consumer::{EmbeddedConsumer, Subscribed};
use store::Topic;

/// How the embedded log behaves.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Connections for publishing, committing and reading. Each consumer has one more of its own.
    pub connections: u32,
    /// How often a consumer looks whether members of its group have come or died.
    pub share_every: Duration,
    /// How often a consumer looks for records although nothing was notified. Only a net below the notifications.
    pub poll_every: Duration,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self { connections: 8, share_every: Duration::from_secs(1), poll_every: Duration::from_secs(5) }
    }
}

/// The event bus in a PostgreSQL database of its own.
#[derive(Clone)]
pub struct Embedded {
    pool: PgPool,
    connect: PgConnectOptions,
    options: EmbeddedOptions,
    topics: Arc<RwLock<HashMap<String, Topic>>>,
}

impl Embedded {
    /// Makes or completes the schema in the database at `url`, as the role that is to own it.
    ///
    /// # Errors
    /// [`BusError::Configuration`] for a URL that is none; [`BusError::Unavailable`] when the database refuses.
    pub async fn migrate(url: &str) -> Result<(), BusError> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(parse(url)?).await?;
        store::migrate(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// Opens the log in the database at `url`, which [`Embedded::migrate`] has prepared.
    ///
    /// # Errors
    /// As [`Embedded::migrate`].
    pub async fn open(url: &str, options: EmbeddedOptions) -> Result<Self, BusError> {
        // Durability is this crate's promise, whatever the server's default is.
        let connect =
            parse(url)?.application_name("oz bus").options([("synchronous_commit", "on"), ("jit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(connect.clone())
            .await?;
        store::ping(&pool).await?;
        Ok(Self { pool, connect, options, topics: Arc::default() })
    }

    /// Deletes what every group of a topic has committed and what is older than `age` by the database's clock, and
    /// returns the number of records. Topics that no group reads, as those of dead letters, keep everything.
    ///
    /// # Errors
    /// [`BusError::Unavailable`].
    pub async fn expire(&self, age: Duration) -> Result<u64, BusError> {
        const AT_ONCE: i64 = 5_000;
        let mut total = 0;
        loop {
            let deleted = store::expire(&self.pool, age.as_secs_f64(), AT_ONCE).await?;
            total += deleted;
            if deleted < AT_ONCE.unsigned_abs() {
                return Ok(total);
            }
        }
    }

    /// A topic never changes once it exists, so it is looked up once.
    async fn topic(&self, name: &str) -> Result<Topic, BusError> {
        let known = self.topics.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        if let Some(topic) = known {
            return Ok(topic);
        }
        let found = store::topic(&self.pool, name).await?;
        let topic = found.ok_or_else(|| BusError::UnknownTopic(name.to_owned()))?;
        self.topics.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), topic);
        Ok(topic)
    }
}

fn parse(url: &str) -> Result<PgConnectOptions, BusError> {
    url.parse().map_err(|error: sqlx::Error| BusError::Configuration(Box::new(error)))
}

#[async_trait]
impl Bus for Embedded {
    async fn ensure_topics(&self, topics: &[(&str, i32)]) -> Result<(), BusError> {
        for &(name, wanted) in topics {
            store::create_topic(&self.pool, name, wanted).await?;
            let found = self.topic(name).await?.partitions;
            if found != wanted {
                return Err(BusError::PartitionsDiffer { topic: name.to_owned(), wanted, found });
            }
        }
        Ok(())
    }

    async fn partitions(&self, topic: &str) -> Result<i32, BusError> {
        Ok(self.topic(topic).await?.partitions)
    }

    async fn publish_all(&self, records: Vec<(String, Vec<Record>)>) -> Result<(), BusError> {
        let mut known = Vec::with_capacity(records.len());
        for (topic, records) in records {
            check_sizes(&records)?;
            known.push((self.topic(&topic).await?, records));
        }
        if known.iter().all(|(_, records)| records.is_empty()) {
            return Ok(());
        }
        Ok(store::append(&self.pool, &known).await?)
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError> {
        let mut subscribed = HashMap::new();
        for &name in topics {
            let Topic { id, partitions } = self.topic(name).await?;
            let partitions = usize::try_from(partitions).unwrap_or_default();
            subscribed.insert(id, Subscribed { name: name.to_owned(), partitions });
        }
        let mut consumer = EmbeddedConsumer::new(self.clone(), group.to_owned(), subscribed);
        consumer.enter().await?;
        Ok(Box::new(consumer))
    }

    async fn read_from(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
        max: usize,
    ) -> Result<Vec<Delivered>, BusError> {
        let found = self.topic(topic).await?;
        if !(0..found.partitions).contains(&partition) {
            return Err(BusError::UnknownTopic(format!("{topic}/{partition}")));
        }
        store::read(&self.pool, found.id, partition, offset, max).await
    }

    async fn lag(&self, group: &str) -> Result<Vec<Lag>, BusError> {
        let lags = store::lag(&self.pool, group).await?;
        gauge_lag(group, &lags);
        Ok(lags)
    }

    async fn health(&self) -> Result<(), BusError> {
        Ok(store::ping(&self.pool).await?)
    }
}
