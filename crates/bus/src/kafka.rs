//! Apache Kafka, for more than one machine.
//!
//! The producer is idempotent and waits for all replicas; consumers commit by hand and hand partitions over
//! cooperatively. No Kafka transactions: consumers tell repetitions by the event id.

mod admin;
mod consumer;
mod message;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;

use crate::{
    Bus, BusError, Consumer, Delivered, Lag, MAX_RECORD_BYTES, Record, check_sizes, gauge_lag, partition_of,
};
use admin::Asker;
use consumer::KafkaConsumer;

/// Room for the headers and the framing of the largest record.
const MAX_MESSAGE_BYTES: usize = MAX_RECORD_BYTES + (1 << 20);

/// How long a question to the brokers may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where Kafka is. How many copies of a record there are, and how many must be written, is for the brokers to say
/// (`default.replication.factor`, `min.insync.replicas`).
#[derive(Clone)]
pub struct KafkaOptions {
    /// `host:port` of some brokers, separated by commas.
    pub brokers: String,
    /// How long a silent consumer keeps its partitions; brokers refuse less than `group.min.session.timeout.ms` (6 s by default).
    pub session_timeout: Duration,
    /// Further librdkafka settings, such as credentials. They win over this crate's own.
    pub settings: Vec<(String, String)>,
}

impl KafkaOptions {
    /// A session of six seconds.
    #[must_use]
    pub fn new(brokers: impl Into<String>) -> Self {
        Self { brokers: brokers.into(), session_timeout: Duration::from_secs(6), settings: Vec::new() }
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "oz")
            .set("allow.auto.create.topics", "false")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.keepalive.enable", "true");
        config
    }

    /// Applies the operator's settings last.
    fn finish(&self, mut config: ClientConfig) -> ClientConfig {
        for (name, value) in &self.settings {
            config.set(name, value);
        }
        config
    }

    fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "1")
            .set("compression.type", "lz4")
            .set("delivery.timeout.ms", "30000")
            .set("message.max.bytes", MAX_MESSAGE_BYTES.to_string());
        self.finish(config)
    }

    fn consumer(&self, group: &str) -> ClientConfig {
        let session = self.session_timeout.as_millis();
        let mut config = self.client();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", session.to_string())
            .set("heartbeat.interval.ms", (session / 4).to_string())
            // Without it an answer waits up to 500 ms for more bytes.
            .set("fetch.wait.max.ms", "5")
            .set("fetch.error.backoff.ms", "50")
            .set("fetch.message.max.bytes", MAX_MESSAGE_BYTES.to_string())
            // What a consumer keeps ahead, in KiB: memory, not speed, is scarce.
            .set("queued.max.messages.kbytes", "16384");
        self.finish(config)
    }
}

/// The event bus on Apache Kafka.
#[derive(Clone)]
pub struct Kafka {
    options: KafkaOptions,
    producer: FutureProducer,
    partitions: Arc<Mutex<HashMap<String, i32>>>,
    /// What this process has subscribed to, so that a group that has committed nothing yet has a lag.
    subscriptions: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl Kafka {
    /// A client of the brokers. Does not wait for them: ask [`Bus::health`].
    ///
    /// # Errors
    /// [`BusError::Configuration`] when librdkafka refuses a setting.
    pub fn open(options: KafkaOptions) -> Result<Self, BusError> {
        let producer: FutureProducer = options.producer().create().map_err(configuration)?;
        Ok(Self { options, producer, partitions: Arc::default(), subscriptions: Arc::default() })
    }

    /// Runs a blocking question to the brokers where it blocks nobody.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(Asker) -> Result<T, BusError> + Send + 'static,
    ) -> Result<T, BusError> {
        let asker = Asker { options: self.options.clone(), producer: self.producer.clone() };
        tokio::task::spawn_blocking(move || question(asker)).await?
    }

    async fn count(&self, topic: &str) -> Result<i32, BusError> {
        let known = self.partitions.lock().unwrap_or_else(PoisonError::into_inner).get(topic).copied();
        if let Some(count) = known {
            return Ok(count);
        }
        let name = topic.to_owned();
        let found = self.ask(move |asker| asker.partitions(&name)).await?;
        let count = found.ok_or_else(|| BusError::UnknownTopic(topic.to_owned()))?;
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned(), count);
        Ok(count)
    }
}

impl Kafka {
    /// Puts a message into the producer's queue, and waits while that is full.
    async fn hand_over(&self, mut message: FutureRecord<'_, [u8], [u8]>) -> Result<DeliveryFuture, BusError> {
        loop {
            match self.producer.send_result(message) {
                Ok(delivery) => return Ok(delivery),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                    message = refused;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
}

fn configuration(error: KafkaError) -> BusError {
    BusError::Configuration(Box::new(error))
}

#[async_trait]
impl Bus for Kafka {
    async fn ensure_topics(&self, topics: &[(&str, i32)]) -> Result<(), BusError> {
        admin::create_topics(&self.options, topics).await?;
        for &(name, wanted) in topics {
            let owned = name.to_owned();
            let found = self.ask(move |asker| asker.wait_for_topic(&owned)).await?;
            if found != wanted {
                return Err(BusError::PartitionsDiffer { topic: name.to_owned(), wanted, found });
            }
        }
        Ok(())
    }

    async fn partitions(&self, topic: &str) -> Result<i32, BusError> {
        self.count(topic).await
    }

    async fn publish_all(&self, records: Vec<(String, Vec<Record>)>) -> Result<(), BusError> {
        let mut counted = Vec::with_capacity(records.len());
        for (topic, records) in &records {
            check_sizes(records)?;
            counted.push((topic, self.count(topic).await?, records));
        }
        let mut deliveries = Vec::new();
        for (topic, partitions, records) in counted {
            for record in records {
                let message = message::encode(topic, record).partition(partition_of(&record.key, partitions));
                // Handed over one after the other, so that records with equal keys keep their order.
                deliveries.push(self.hand_over(message).await?);
            }
        }
        for delivery in deliveries {
            match delivery.await {
                Ok(Ok(_)) => {}
                Ok(Err((error, _))) => return Err(error.into()),
                Err(cancelled) => return Err(BusError::Unavailable(Box::new(cancelled))),
            }
        }
        Ok(())
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError> {
        for topic in topics {
            self.count(topic).await?;
        }
        let consumer = KafkaConsumer::join(&self.options.consumer(group), topics)?;
        let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let of_group = subscriptions.entry(group.to_owned()).or_default();
        of_group.extend(topics.iter().map(|&topic| topic.to_owned()));
        of_group.sort();
        of_group.dedup();
        Ok(Box::new(consumer))
    }

    async fn read_from(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
        max: usize,
    ) -> Result<Vec<Delivered>, BusError> {
        if !(0..self.count(topic).await?).contains(&partition) {
            return Err(BusError::UnknownTopic(format!("{topic}/{partition}")));
        }
        let topic = topic.to_owned();
        self.ask(move |asker| asker.read(&topic, partition, offset, max)).await
    }

    async fn lag(&self, group: &str) -> Result<Vec<Lag>, BusError> {
        let known = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).get(group).cloned();
        let owned = group.to_owned();
        let lags = self.ask(move |asker| asker.lag(&owned, &known.unwrap_or_default())).await?;
        gauge_lag(group, &lags);
        Ok(lags)
    }

    async fn health(&self) -> Result<(), BusError> {
        // An idempotent producer that has lost its place cannot go on; the process must start anew.
        if let Some((code, _)) = self.producer.client().fatal_error() {
            return Err(KafkaError::ClientCreation(code.to_string()).into());
        }
        self.ask(|asker| asker.brokers()).await
    }
}
