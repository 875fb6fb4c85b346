//! What a promise is tested on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bus::{Batch, Bus, Consumer, Embedded, EmbeddedOptions, Kafka, KafkaOptions, Record};

/// Longer than any promise needs on a slow machine, shorter than patience.
pub const LONG: Duration = Duration::from_secs(60);

/// A bus, and how another process reaches the same one.
pub struct Ground {
    pub bus: Arc<dyn Bus>,
    /// `kind address`, as [`open`] takes it.
    pub address: String,
    /// What makes topics and groups this test's own.
    pub name: String,
}

impl Ground {
    fn new(bus: Arc<dyn Bus>, address: String) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        Self { bus, address, name }
    }

    /// A fresh topic.
    pub async fn topic(&self, partitions: i32) -> String {
        let topic = format!("oz.{}.v1", self.name);
        self.bus.ensure_topics(&[(&topic, partitions)]).await.unwrap();
        topic
    }

    pub async fn join(&self, group: &str, topic: &str) -> Box<dyn Consumer> {
        self.bus.subscribe(&format!("{}-{group}", self.name), &[topic]).await.unwrap()
    }
}

/// The poll is hours away: whatever arrives was notified.
pub fn patient() -> EmbeddedOptions {
    EmbeddedOptions {
        connections: 4,
        share_every: Duration::from_millis(500),
        poll_every: Duration::from_secs(7200),
    }
}

pub async fn open(address: &str) -> Arc<dyn Bus> {
    match address.split_once(' ').unwrap() {
        ("embedded", url) => Arc::new(Embedded::open(url, patient()).await.unwrap()),
        (_, brokers) => Arc::new(Kafka::open(KafkaOptions::new(brokers)).unwrap()),
    }
}

pub async fn embedded() -> Ground {
    let url = tokio::task::spawn_blocking(|| testkit::Postgres::shared().database("bus")).await.unwrap();
    Embedded::migrate(&url).await.unwrap();
    let address = format!("embedded {url}");
    Ground::new(open(&address).await, address)
}

pub async fn kafka() -> Ground {
    let brokers = tokio::task::spawn_blocking(|| testkit::Kafka::shared().brokers()).await.unwrap();
    let address = format!("kafka {brokers}");
    Ground::new(open(&address).await, address)
}

/// A record whose event id is its number.
pub fn record(key: &str, number: u32) -> Record {
    Record::new(key.as_bytes(), number.to_be_bytes().to_vec(), u128::from(number).to_be_bytes())
}

pub fn number(record: &Record) -> u32 {
    u32::from_be_bytes(record.payload[..].try_into().unwrap())
}

pub fn numbers(batch: &Batch) -> Vec<u32> {
    batch.records.iter().map(|delivered| number(&delivered.record)).collect()
}

/// The next batch, or a failed test.
pub async fn next(consumer: &mut Box<dyn Consumer>, max: usize) -> Batch {
    tokio::time::timeout(LONG, consumer.next_batch(max)).await.expect("a batch in time").unwrap()
}

/// Consumes and commits until `count` records have come.
pub async fn consume(consumer: &mut Box<dyn Consumer>, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        let batch = next(consumer, 100).await;
        consumer.commit(&batch).await.unwrap();
        records.extend(batch.records.into_iter().map(|delivered| delivered.record));
    }
    records
}

/// Nothing more comes within a time that a delivery never takes.
pub async fn assert_silent(consumer: &mut Box<dyn Consumer>) {
    let more = tokio::time::timeout(Duration::from_millis(1500), consumer.next_batch(100)).await;
    if let Ok(batch) = more {
        panic!("something came again: {:?}", batch.map(|batch| numbers(&batch)));
    }
}
