//! The event bus: one trait, two implementations, one contract.
//!
//! A topic is a fixed number of partitions; a partition is a log. Records with equal keys go to the same
//! partition and keep their order. A group of consumers shares the partitions of its topics: each partition
//! has one consumer at a time, and the group's committed offset tells where the next one begins.
//!
//! What both implementations promise, and the contract suite in `tests/it` holds them to:
//!
//! - [`Bus::publish`] returns `Ok` only when every record is durable. After an error the caller publishes again.
//! - A record is delivered at least once: until a batch is committed it comes again, to the same consumer
//!   after [`Consumer::retry`], to the next owner after a death. Consumers tell repetitions by the event id.
//! - Delivery is woken by the arrival of a record, not by a poll.
//! - A consumer that has lost a partition cannot commit on it: [`BusError::Fenced`].
//!
//! [`Kafka`] serves where more than one machine does; [`Embedded`] keeps the log in a PostgreSQL database of
//! its own, so that one machine needs no JVM. The embedded log speaks SQL that is checked when it runs, not
//! when it is compiled: its database belongs to no service, its statements lean on advisory locks and
//! `pg_locks`, and all of them stand in one file that the contract suite executes whole.

mod embedded;
mod error;
mod kafka;
mod partition;
mod record;

use std::time::Duration;

use async_trait::async_trait;

pub use embedded::{Embedded, EmbeddedOptions};
pub use error::BusError;
pub use kafka::{Kafka, KafkaOptions};
pub use partition::partition_of;
pub use record::{Batch, Delivered, Record};

/// The largest record that a bus takes, key and payload together, in bytes.
pub const MAX_RECORD_BYTES: usize = 4 << 20;

/// How long a bus keeps records at least. The embedded log keeps them longer where a group has not had them; Kafka does not wait.
pub const RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a batch holds at most, in bytes, unless its first record alone is larger.
pub(crate) const MAX_BATCH_BYTES: usize = 8 << 20;

/// How far a group is behind on one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The topic.
    pub topic: String,
    /// The partition of the topic.
    pub partition: i32,
    /// Records that are durable and not committed by the group.
    pub records: i64,
}

/// A durable, partitioned log.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Makes the topics that are missing, with these numbers of partitions.
    ///
    /// # Errors
    /// [`BusError::PartitionsDiffer`] when a topic exists with another number: changing it would break the order per key.
    async fn ensure_topics(&self, topics: &[(&str, i32)]) -> Result<(), BusError>;

    /// The number of partitions of a topic.
    ///
    /// # Errors
    /// [`BusError::UnknownTopic`].
    async fn partitions(&self, topic: &str) -> Result<i32, BusError>;

    /// Appends records, and returns when all of them are durable.
    ///
    /// # Errors
    /// [`BusError::TooLarge`] and [`BusError::UnknownTopic`] before anything is written; after [`BusError::Unavailable`]
    /// it is unknown whether the records are there (the embedded log has all of them or none), and the caller publishes again.
    async fn publish(&self, topic: &str, records: Vec<Record>) -> Result<(), BusError> {
        self.publish_all(vec![(topic.to_owned(), records)]).await
    }

    /// The same for several topics at once: it costs no more than the slowest of them.
    ///
    /// # Errors
    /// As [`Bus::publish`].
    async fn publish_all(&self, records: Vec<(String, Vec<Record>)>) -> Result<(), BusError>;

    /// Joins a group. A group that is new begins with the oldest record there is.
    ///
    /// # Errors
    /// [`BusError::UnknownTopic`].
    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError>;

    /// Reads up to `max` records at or after `offset` without a group, for listing and replay. Does not wait.
    ///
    /// # Errors
    /// [`BusError::UnknownTopic`], also for a partition the topic does not have.
    async fn read_from(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
        max: usize,
    ) -> Result<Vec<Delivered>, BusError>;

    /// How far the group is behind, by topic and partition; sets the gauge `oz_bus_lag` as well.
    ///
    /// # Errors
    /// [`BusError::Unavailable`].
    async fn lag(&self, group: &str) -> Result<Vec<Lag>, BusError>;

    /// Whether the bus answers.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] when it does not.
    async fn health(&self) -> Result<(), BusError>;
}

/// A member of a group. Dropping it leaves the group too, only less politely than [`Consumer::close`].
#[async_trait]
pub trait Consumer: Send {
    /// The next records of one partition, in order, at most `max` (at least one); waits until there are some.
    ///
    /// The position moves past the batch: calling again without a commit delivers what follows. Keep calling:
    /// taking part in the sharing of partitions happens here. Cancelling the call loses nothing.
    ///
    /// # Errors
    /// [`BusError::Unavailable`]; the consumer stays usable, so wait a little and call again.
    async fn next_batch(&mut self, max: usize) -> Result<Batch, BusError>;

    /// As [`Consumer::next_batch`], but does not wait for records to arrive: `None` when there are none right now. So a consumer
    /// works together what came together, whatever partitions it is on.
    ///
    /// # Errors
    /// As [`Consumer::next_batch`].
    async fn more(&mut self, max: usize) -> Result<Option<Batch>, BusError>;

    /// Marks the batch, and everything before it on its partition, as done. Call it after the effects are durable.
    ///
    /// # Errors
    /// [`BusError::Fenced`] when the group shared its partitions anew since: the batch comes again, to whoever has the
    /// partition now, which may be this consumer. After [`BusError::Unavailable`] the next commit covers it, or [`Consumer::retry`].
    async fn commit(&mut self, batch: &Batch) -> Result<(), BusError>;

    /// Goes back to the first record of the batch, so that it is delivered again. On a partition that is no longer
    /// this consumer's, nothing needs to be done, and nothing is.
    ///
    /// # Errors
    /// [`BusError::Unavailable`].
    async fn retry(&mut self, batch: &Batch) -> Result<(), BusError>;

    /// Leaves the group, so that the others take over at once.
    ///
    /// # Errors
    /// [`BusError::Unavailable`]; the others then take over when they notice.
    async fn close(self: Box<Self>) -> Result<(), BusError>;
}

/// Refuses what no implementation takes, before anything is written.
fn check_sizes(records: &[Record]) -> Result<(), BusError> {
    match records.iter().map(Record::len).find(|&bytes| bytes > MAX_RECORD_BYTES) {
        Some(bytes) => Err(BusError::TooLarge { bytes }),
        None => Ok(()),
    }
}

/// Publishes the lag as metrics.
fn gauge_lag(group: &str, lags: &[Lag]) {
    for lag in lags {
        let labels = [
            ("group", group.to_owned()),
            ("topic", lag.topic.clone()),
            ("partition", lag.partition.to_string()),
        ];
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; no lag comes near 2^53")]
        metrics::gauge!("oz_bus_lag", &labels).set(lag.records as f64);
    }
}
