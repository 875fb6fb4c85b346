//! The contract on Apache Kafka, and a broker that dies.

use std::time::Duration;

use bus::{Bus, Kafka, KafkaOptions};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
};

use crate::ground::{LONG, consume, number, record};

crate::contract_on!(crate::ground::kafka);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_forgets_after_the_time_that_consumers_count_on() {
    let ground = crate::ground::kafka().await;
    let topic = ground.topic(1).await;
    let brokers = ground.address.trim_start_matches("kafka ");
    let client: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let asked = client.describe_configs(&[ResourceSpecifier::Topic(&topic)], &AdminOptions::new()).await;
    let settings = asked.unwrap().remove(0).unwrap();
    let retention = settings.get("retention.ms").unwrap().value.as_deref();
    assert_eq!(retention, Some(bus::RETENTION.as_millis().to_string().as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_killed_and_restarted_keeps_records_and_offsets() {
    let mut broker = tokio::task::spawn_blocking(testkit::Kafka::start).await.unwrap().unwrap();
    let bus = Kafka::open(KafkaOptions::new(broker.brokers())).unwrap();
    bus.ensure_topics(&[("oz.t.v1", 1)]).await.unwrap();
    bus.publish("oz.t.v1", (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let mut consumer = bus.subscribe("g", &["oz.t.v1"]).await.unwrap();
    let batch = crate::ground::next(&mut consumer, 4).await;
    let done = u32::try_from(batch.records.len()).unwrap();
    consumer.commit(&batch).await.unwrap();
    consumer.close().await.unwrap();

    let broker = tokio::task::spawn_blocking(move || {
        broker.kill().unwrap();
        broker.restart().unwrap();
        broker
    });
    let _broker = broker.await.unwrap();
    let deadline = tokio::time::Instant::now() + LONG;
    while bus.publish("oz.t.v1", vec![record("key", 10)]).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "the producer did not recover");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut consumer = bus.subscribe("g", &["oz.t.v1"]).await.unwrap();
    let mut seen: Vec<u32> = Vec::new();
    while seen.last() != Some(&10) {
        seen.extend(consume(&mut consumer, 1).await.iter().map(number));
    }
    assert_eq!(seen, (done..=10).collect::<Vec<_>>());
}
