//! Questions to the brokers: topics, watermarks, lag, reading without a group.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, Producer};
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaErrorCode;

use super::{KafkaOptions, MAX_MESSAGE_BYTES, PATIENCE, configuration, message};
use crate::{BusError, Delivered, Lag, MAX_BATCH_BYTES};

/// Lets the brokers decide how many copies there are (KIP-464).
const BROKERS_DEFAULT: TopicReplication<'static> = TopicReplication::Fixed(-1);

/// Makes the topics that are missing.
pub(super) async fn create_topics(options: &KafkaOptions, topics: &[(&str, i32)]) -> Result<(), BusError> {
    let client: AdminClient<DefaultClientContext> =
        options.finish(options.client()).create().map_err(configuration)?;
    let largest = MAX_MESSAGE_BYTES.to_string();
    let retention = crate::RETENTION.as_millis().to_string();
    let new_topics: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|&(name, partitions)| {
            NewTopic::new(name, partitions, BROKERS_DEFAULT)
                .set("max.message.bytes", &largest)
                .set("retention.ms", &retention)
        })
        .collect();
    let admin = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    for outcome in client.create_topics(&new_topics, &admin).await? {
        match outcome {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
        }
    }
    Ok(())
}

/// Asks the brokers, and blocks until they answer.
pub(super) struct Asker {
    pub options: KafkaOptions,
    pub producer: FutureProducer,
}

impl Asker {
    /// Whether brokers answer at all.
    pub fn brokers(&self) -> Result<(), BusError> {
        let metadata = self.producer.client().fetch_metadata(Some(""), Duration::from_secs(3));
        match metadata {
            Ok(_) | Err(KafkaError::MetadataFetch(RDKafkaErrorCode::InvalidTopic)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The number of partitions, all of which have a leader; `None` for a topic that does not exist.
    pub fn partitions(&self, topic: &str) -> Result<Option<i32>, BusError> {
        let metadata = self.producer.client().fetch_metadata(Some(topic), PATIENCE)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none());
        let led = found.filter(|found| found.partitions().iter().all(|partition| partition.leader() >= 0));
        Ok(led
            .map(|found| i32::try_from(found.partitions().len()).unwrap_or(i32::MAX))
            .filter(|&count| count > 0))
    }

    /// As [`Asker::partitions`], but a topic made just now may take its time.
    pub fn wait_for_topic(&self, topic: &str) -> Result<i32, BusError> {
        let started = Instant::now();
        loop {
            if let Some(count) = self.partitions(topic)? {
                return Ok(count);
            }
            if started.elapsed() > PATIENCE {
                return Err(BusError::UnknownTopic(topic.to_owned()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Reads what is there now, without waiting for more.
    pub fn read(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
        max: usize,
    ) -> Result<Vec<Delivered>, BusError> {
        // The group is only a name here: nothing joins it and nothing is committed.
        let reader: BaseConsumer = self.options.consumer("oz-reader").create().map_err(configuration)?;
        let (low, high) = reader.fetch_watermarks(topic, partition, PATIENCE)?;
        let from = offset.max(low);
        let mut records = Vec::new();
        if from >= high || max == 0 {
            return Ok(records);
        }
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(topic, partition, Offset::Offset(from))?;
        reader.assign(&place)?;
        let (started, mut bytes) = (Instant::now(), 0);
        while records.len() < max && bytes < MAX_BATCH_BYTES {
            if let Some(message) = reader.poll(Duration::from_millis(100)) {
                let delivered = message::decode(&message?);
                let next = delivered.offset + 1;
                bytes += delivered.record.len();
                records.push(delivered);
                if next >= high {
                    break;
                }
            } else if started.elapsed() > PATIENCE {
                return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut).into());
            }
        }
        Ok(records)
    }

    /// The lag on the topics of `subscribed` and on those where the group has committed something.
    pub fn lag(&self, group: &str, subscribed: &[String]) -> Result<Vec<Lag>, BusError> {
        let client: BaseConsumer = self.options.consumer(group).create().map_err(configuration)?;
        let metadata = client.fetch_metadata(None, PATIENCE)?;
        let mut all = TopicPartitionList::new();
        for topic in metadata.topics().iter().filter(|topic| !topic.name().starts_with("__")) {
            for partition in topic.partitions() {
                all.add_partition(topic.name(), partition.id());
            }
        }
        let committed = client.committed_offsets(all, PATIENCE)?;
        let mut lags = Vec::new();
        for topic in metadata.topics() {
            let places = committed.elements_for_topic(topic.name());
            let read = |offset: Offset| if let Offset::Offset(offset) = offset { Some(offset) } else { None };
            let concerns = subscribed.iter().any(|name| name == topic.name())
                || places.iter().any(|place| read(place.offset()).is_some());
            for place in places.iter().filter(|_| concerns) {
                let (low, high) = client.fetch_watermarks(topic.name(), place.partition(), PATIENCE)?;
                let from = read(place.offset()).unwrap_or(low).max(low);
                let records = (high - from).max(0);
                lags.push(Lag { topic: topic.name().to_owned(), partition: place.partition(), records });
            }
        }
        lags.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
        Ok(lags)
    }
}
