//! A member of a Kafka consumer group.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt;
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance, StreamConsumer,
};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;

use super::{PATIENCE, configuration, message};
use crate::{Batch, BusError, Consumer, Delivered, MAX_BATCH_BYTES};

/// Topic and partition.
type Place = (String, i32);

/// Which partitions this member has, each with the number of the ownership it is held under.
///
/// Brokers accept a commit from any member of the group, whoever the partition belongs to; the numbers are what fences.
#[derive(Default)]
struct Ownership {
    epochs: Mutex<HashMap<Place, u64>>,
    counter: AtomicU64,
}

impl Ownership {
    fn epoch(&self, place: &Place) -> Option<u64> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner).get(place).copied()
    }

    fn change(&self, list: &TopicPartitionList, gained: bool) {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        for element in list.elements() {
            let place = (element.topic().to_owned(), element.partition());
            if gained {
                epochs.insert(place, self.counter.fetch_add(1, Ordering::Relaxed));
            } else {
                epochs.remove(&place);
            }
        }
    }
}

impl ClientContext for Ownership {}

impl ConsumerContext for Ownership {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => self.change(list, true),
            Rebalance::Revoke(list) => self.change(list, false),
            Rebalance::Error(error) => tracing::warn!(%error, "the group could not share its partitions"),
        }
    }
}

/// A message that was taken from the queue and belongs to the next batch.
struct Ahead {
    place: Place,
    epoch: u64,
    delivered: Delivered,
}

pub(super) struct KafkaConsumer {
    stream: Arc<StreamConsumer<Ownership>>,
    ahead: Option<Ahead>,
}

impl KafkaConsumer {
    pub fn join(config: &ClientConfig, topics: &[&str]) -> Result<Self, BusError> {
        let stream: StreamConsumer<Ownership> =
            config.create_with_context(Ownership::default()).map_err(configuration)?;
        stream.subscribe(topics)?;
        Ok(Self { stream: Arc::new(stream), ahead: None })
    }

    /// Reads a message; `None` when its partition has been given up meanwhile.
    fn take(&self, message: &BorrowedMessage<'_>) -> Option<Ahead> {
        let place = (message.topic().to_owned(), message.partition());
        let epoch = self.stream.context().epoch(&place)?;
        Some(Ahead { place, epoch, delivered: message::decode(message) })
    }

    /// The first message of a batch: one taken before, or the next to arrive.
    async fn first(&mut self) -> Result<Ahead, BusError> {
        if let Some(ahead) = self.ahead.take()
            && self.stream.context().epoch(&ahead.place) == Some(ahead.epoch)
        {
            return Ok(ahead);
        }
        loop {
            let message = self.stream.recv().await?;
            if let Some(first) = self.take(&message) {
                return Ok(first);
            }
        }
    }

    /// The batch that begins with this message: what has arrived of its partition. Nothing waits here, so a cancelled call cannot
    /// lose what it has taken.
    fn batch(&mut self, first: Ahead, max: usize) -> Batch {
        let (place, epoch) = (first.place, first.epoch);
        let mut bytes = first.delivered.record.len();
        let mut records = vec![first.delivered];
        while records.len() < max && bytes < MAX_BATCH_BYTES {
            let Some(arrived) = self.stream.recv().now_or_never() else { break };
            // A failure here is not this batch's; one that lasts shows in the next call.
            let Ok(message) = arrived else { break };
            let Some(next) = self.take(&message) else { continue };
            if next.place != place || next.epoch != epoch {
                self.ahead = Some(next);
                break;
            }
            bytes += next.delivered.record.len();
            records.push(next.delivered);
        }
        Batch { topic: place.0, partition: place.1, records, epoch }
    }

    /// Runs a blocking call of the client where it blocks nobody.
    async fn blocking(
        &self,
        call: impl FnOnce(&StreamConsumer<Ownership>) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), BusError> {
        let stream = Arc::clone(&self.stream);
        Ok(tokio::task::spawn_blocking(move || call(&stream)).await??)
    }

    fn still_owns(&self, batch: &Batch) -> bool {
        self.stream.context().epoch(&(batch.topic.clone(), batch.partition)) == Some(batch.epoch)
    }
}

#[async_trait]
impl Consumer for KafkaConsumer {
    async fn next_batch(&mut self, max: usize) -> Result<Batch, BusError> {
        let first = self.first().await?;
        Ok(self.batch(first, max))
    }

    async fn more(&mut self, max: usize) -> Result<Option<Batch>, BusError> {
        match self.first().now_or_never() {
            Some(first) => {
                let first = first?;
                Ok(Some(self.batch(first, max)))
            }
            None => Ok(None),
        }
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), BusError> {
        let Some(next) = batch.next_offset() else { return Ok(()) };
        if !self.still_owns(batch) {
            return Err(BusError::Fenced);
        }
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(&batch.topic, batch.partition, Offset::Offset(next))?;
        let committed = self.blocking(move |stream| stream.commit(&offsets, CommitMode::Sync)).await;
        match committed {
            Err(BusError::Unavailable(source)) if group_moved_on(&*source) => {
                // In a cooperative rebalance a member keeps most of what it has, and with it a position that is past
                // this batch: a later commit would cover records of which the caller was told that they come again.
                self.retry(batch).await?;
                Err(BusError::Fenced)
            }
            outcome => outcome,
        }
    }

    async fn retry(&mut self, batch: &Batch) -> Result<(), BusError> {
        let Some(first) = batch.first_offset() else { return Ok(()) };
        if !self.still_owns(batch) {
            return Ok(());
        }
        self.ahead.take_if(|ahead| ahead.place.1 == batch.partition && ahead.place.0 == batch.topic);
        let (topic, partition) = (batch.topic.clone(), batch.partition);
        self.blocking(move |stream| stream.seek(&topic, partition, Offset::Offset(first), PATIENCE)).await
    }

    async fn close(self: Box<Self>) -> Result<(), BusError> {
        // Dropping the client leaves the group, and waits for the coordinator to know.
        Ok(tokio::task::spawn_blocking(move || drop(self)).await?)
    }
}

/// Whether the group took no commit because it is sharing anew, or has done so without this member.
fn group_moved_on(error: &(dyn std::error::Error + 'static)) -> bool {
    let Some(KafkaError::ConsumerCommit(code)) = error.downcast_ref::<KafkaError>() else { return false };
    matches!(
        code,
        RDKafkaErrorCode::RebalanceInProgress
            | RDKafkaErrorCode::IllegalGeneration
            | RDKafkaErrorCode::UnknownMemberId
            | RDKafkaErrorCode::FencedInstanceId
    )
}
