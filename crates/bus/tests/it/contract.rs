//! The promises, each on a bus that it knows only as a trait.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::{BusError, Consumer, Lag, MAX_RECORD_BYTES, Record};

pub use crate::death::a_killed_consumers_partitions_are_taken_over;
use crate::ground::{Ground, assert_silent, consume, next, number, numbers, record};

pub async fn records_with_equal_keys_keep_their_order(ground: Ground) {
    let topic = ground.topic(4).await;
    for chunk in (0..300_u32).collect::<Vec<_>>().chunks(30) {
        let records = chunk.iter().map(|&n| record(&format!("key{}", n % 7), n)).collect();
        ground.bus.publish(&topic, records).await.unwrap();
    }
    let mut consumer = ground.join("g", &topic).await;
    let mut by_key: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
    for record in consume(&mut consumer, 300).await {
        by_key.entry(record.key.clone()).or_default().push(number(&record));
    }
    assert_eq!(by_key.len(), 7);
    for (key, seen) in by_key {
        let residue = seen[0] % 7;
        let expected: Vec<u32> = (0..300).filter(|n| n % 7 == residue).collect();
        assert_eq!(seen, expected, "{}", String::from_utf8_lossy(&key));
    }
}

pub async fn what_was_published_comes_back_whole(ground: Ground) {
    let topic = ground.topic(1).await;
    let mut traced = record("key", 1);
    traced.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let bare = Record { key: Vec::new(), payload: vec![0, 255].into(), event_id: None, traceparent: None };
    let sent = vec![traced, bare];
    ground.bus.publish(&topic, sent.clone()).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    assert_eq!(consume(&mut consumer, 2).await, sent);
}

pub async fn a_publish_with_a_refused_record_leaves_nothing(ground: Ground) {
    let topic = ground.topic(2).await;
    let giant = Record::new("key", vec![0; MAX_RECORD_BYTES], [9; 16]);
    let refused = ground.bus.publish(&topic, vec![record("key", 1), giant, record("other", 2)]).await;
    assert!(matches!(refused, Err(BusError::TooLarge { .. })), "{refused:?}");
    ground.bus.publish(&topic, vec![record("key", 3)]).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    assert_eq!(numbers(&next(&mut consumer, 10).await), [3]);
    assert_silent(&mut consumer).await;
}

pub async fn a_record_of_one_mebibyte_travels(ground: Ground) {
    let topic = ground.topic(1).await;
    let payload: Vec<u8> = (0..1_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let large = Record::new("key", payload, [1; 16]);
    ground.bus.publish(&topic, vec![large.clone(); 12]).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    let first = next(&mut consumer, 100).await;
    assert!(first.records.len() < 12, "a batch is bounded in bytes, not only in records");
    consumer.commit(&first).await.unwrap();
    let rest = consume(&mut consumer, 12 - first.records.len()).await;
    assert!(
        first.records.iter().map(|delivered| &delivered.record).chain(&rest).all(|found| *found == large)
    );
}

pub async fn several_topics_are_published_at_once(ground: Ground) {
    let (one, other) = (ground.topic(2).await, format!("oz.{}.other.v1", ground.name));
    ground.bus.ensure_topics(&[(&other, 2)]).await.unwrap();
    let records = |from: u32| (from..from + 5).map(|n| record("key", n)).collect::<Vec<_>>();
    ground.bus.publish_all(vec![(one.clone(), records(0)), (other.clone(), records(10))]).await.unwrap();
    for (topic, expected) in [(&one, 0..5), (&other, 10..15)] {
        let mut consumer = ground.join(topic, topic).await;
        let seen: Vec<u32> = consume(&mut consumer, 5).await.iter().map(number).collect();
        assert_eq!(seen, expected.collect::<Vec<_>>());
    }
    let unknown = vec![(one.clone(), records(20)), ("oz.nowhere.v1".to_owned(), records(30))];
    assert!(matches!(ground.bus.publish_all(unknown).await, Err(BusError::UnknownTopic(_))));
    ground.bus.publish(&one, vec![record("key", 40)]).await.unwrap();
    let mut consumer = ground.join(&one, &one).await;
    assert_eq!(numbers(&next(&mut consumer, 10).await), [40], "of a refused call nothing is there");
}

pub async fn what_is_there_comes_without_waiting(ground: Ground) {
    let topic = ground.topic(4).await;
    let mut consumer = ground.join("g", &topic).await;
    ground.bus.publish(&topic, (0..200).map(|n| record(&format!("key{n}"), n)).collect()).await.unwrap();
    let mut seen = BTreeSet::new();
    while seen.len() < 200 {
        let first = next(&mut consumer, 100).await;
        let mut batches = vec![first];
        while let Some(more) = consumer.more(100).await.unwrap() {
            batches.push(more);
        }
        for batch in &batches {
            consumer.commit(batch).await.unwrap();
            seen.extend(numbers(batch));
        }
    }
    assert_eq!(seen, (0..200).collect());
    assert!(consumer.more(100).await.unwrap().is_none(), "it does not wait for what may come");
    assert!(ground.bus.lag(&format!("{}-g", ground.name)).await.unwrap().iter().all(|lag| lag.records == 0));
}

pub async fn a_committed_batch_does_not_come_again(ground: Ground) {
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    consume(&mut consumer, 10).await;
    drop(consumer);
    ground.bus.publish(&topic, vec![record("key", 10)]).await.unwrap();
    let mut heir = ground.join("g", &topic).await;
    assert_eq!(numbers(&next(&mut heir, 100).await), [10]);
}

pub async fn an_uncommitted_batch_goes_to_the_next_owner(ground: Ground) {
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    let done = next(&mut consumer, 4).await;
    consumer.commit(&done).await.unwrap();
    let lost = next(&mut consumer, 3).await;
    assert_eq!(numbers(&lost), [4, 5, 6]);
    consumer.close().await.unwrap();
    let mut heir = ground.join("g", &topic).await;
    let seen: Vec<u32> = consume(&mut heir, 6).await.iter().map(number).collect();
    assert_eq!(seen, [4, 5, 6, 7, 8, 9]);
}

pub async fn a_retried_batch_comes_again(ground: Ground) {
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..20).map(|n| record("key", n)).collect()).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    for _ in 0..3 {
        let failed = next(&mut consumer, 5).await;
        assert_eq!(numbers(&failed), [0, 1, 2, 3, 4]);
        consumer.retry(&failed).await.unwrap();
    }
    let seen: Vec<u32> = consume(&mut consumer, 20).await.iter().map(number).collect();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
}

pub async fn half_a_batch_can_be_committed(ground: Ground) {
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..6).map(|n| record("key", n)).collect()).await.unwrap();
    let mut consumer = ground.join("g", &topic).await;
    let mut done = next(&mut consumer, 6).await;
    while done.records.len() < 6 {
        consumer.retry(&done).await.unwrap();
        done = next(&mut consumer, 6).await;
    }
    let failed = done.split_off(2);
    consumer.commit(&done).await.unwrap();
    consumer.retry(&failed).await.unwrap();
    consumer.close().await.unwrap();
    let mut heir = ground.join("g", &topic).await;
    let seen: Vec<u32> = consume(&mut heir, 4).await.iter().map(number).collect();
    assert_eq!(seen, [2, 3, 4, 5]);
}

pub async fn a_cancelled_wait_loses_nothing(ground: Ground) {
    let topic = ground.topic(3).await;
    let mut consumer = ground.join("g", &topic).await;
    let (bus, to) = (Arc::clone(&ground.bus), topic.clone());
    let publisher = async move {
        for n in 0..100 {
            bus.publish(&to, vec![record(&format!("key{n}"), n)]).await.unwrap();
        }
    };
    let impatient = async {
        let (mut seen, mut wait) = (Vec::new(), 0);
        while seen.len() < 100 {
            // From nothing at all up to long enough, so that every point of waiting is cut at some time.
            wait = (wait + 1) % 60;
            let patience = Duration::from_micros(wait * 500);
            if let Ok(batch) = tokio::time::timeout(patience, consumer.next_batch(5)).await {
                let batch = batch.unwrap();
                consumer.commit(&batch).await.unwrap();
                seen.extend(numbers(&batch));
            }
        }
        seen
    };
    let ((), mut seen) =
        tokio::time::timeout(crate::ground::LONG, async { tokio::join!(publisher, impatient) })
            .await
            .expect("everything in time");
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

/// On the embedded log the poll is two hours away, so only a notification can have woken the consumer.
pub async fn an_arriving_record_wakes_a_waiting_consumer(ground: Ground) {
    let topic = ground.topic(2).await;
    let mut consumer = ground.join("g", &topic).await;
    for n in 0..20 {
        let publish = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            ground.bus.publish(&topic, vec![record(&format!("key{n}"), n)]).await.unwrap();
        };
        let ((), batch) = tokio::join!(publish, next(&mut consumer, 10));
        assert_eq!(numbers(&batch), [n]);
        consumer.commit(&batch).await.unwrap();
    }
}

/// Consumes until told to stop; says what it saw, in which partitions.
async fn work(mut consumer: Box<dyn Consumer>, stop: Arc<AtomicBool>) -> (Vec<u32>, BTreeSet<i32>) {
    let (mut seen, mut places) = (Vec::new(), BTreeSet::new());
    while !stop.load(Ordering::Relaxed) {
        let Ok(batch) = tokio::time::timeout(Duration::from_millis(100), consumer.next_batch(10)).await
        else {
            continue;
        };
        let batch = batch.unwrap();
        match consumer.commit(&batch).await {
            Ok(()) => {
                places.insert(batch.partition);
                seen.extend(numbers(&batch));
            }
            // It comes again, to whoever has the partition now.
            Err(BusError::Fenced) => {}
            Err(_) => consumer.retry(&batch).await.unwrap(),
        }
    }
    consumer.close().await.unwrap();
    (seen, places)
}

pub async fn two_consumers_share_and_hand_over(ground: Ground) {
    let topic = ground.topic(4).await;
    let (stop_first, stop_second) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let first = ground.join("g", &topic).await;
    let second = ground.join("g", &topic).await;
    let feed = async {
        for n in 0..600 {
            ground.bus.publish(&topic, vec![record(&format!("key{n}"), n)]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(15)).await;
            if n == 400 {
                stop_second.store(true, Ordering::Relaxed);
            }
        }
        let group = format!("{}-g", ground.name);
        let deadline = tokio::time::Instant::now() + crate::ground::LONG;
        while ground.bus.lag(&group).await.unwrap().iter().any(|lag| lag.records > 0) {
            assert!(tokio::time::Instant::now() < deadline, "the first consumer did not take over");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stop_first.store(true, Ordering::Relaxed);
    };
    let works =
        async { tokio::join!(work(first, Arc::clone(&stop_first)), work(second, Arc::clone(&stop_second))) };
    let ((), ((seen_first, places_first), (seen_second, places_second))) = tokio::join!(feed, works);

    assert_eq!(places_first.len(), 4, "the first had all partitions at the end");
    assert!(!places_second.is_empty(), "the second had a share");
    let distinct: HashSet<u32> = seen_first.iter().chain(&seen_second).copied().collect();
    assert_eq!(distinct.len(), 600, "nothing is lost");
    assert_eq!(seen_first.len() + seen_second.len(), 600, "a partition handed over in peace repeats nothing");
}

pub async fn groups_do_not_disturb_each_other(ground: Ground) {
    let topic = ground.topic(2).await;
    ground.bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let (mut one, mut other) = (ground.join("one", &topic).await, ground.join("other", &topic).await);
    assert_eq!(consume(&mut one, 10).await.len(), 10);
    assert_eq!(consume(&mut other, 10).await.len(), 10);
}

pub async fn lag_counts_what_is_not_committed(ground: Ground) {
    let topic = ground.topic(2).await;
    let group = format!("{}-g", ground.name);
    let mut consumer = ground.join("g", &topic).await;
    let total = |lags: &[Lag]| lags.iter().map(|lag| lag.records).sum::<i64>();
    ground.bus.publish(&topic, (0..10).map(|n| record(&format!("key{n}"), n)).collect()).await.unwrap();
    let before = ground.bus.lag(&group).await.unwrap();
    assert_eq!((before.len(), total(&before)), (2, 10));
    let batch = next(&mut consumer, 3).await;
    assert_eq!(total(&ground.bus.lag(&group).await.unwrap()), 10, "reading is not committing");
    consumer.commit(&batch).await.unwrap();
    let left = 10 - i64::try_from(batch.records.len()).unwrap();
    assert_eq!(total(&ground.bus.lag(&group).await.unwrap()), left);
}

pub async fn a_partition_can_be_read_without_a_group(ground: Ground) {
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let read = ground.bus.read_from(&topic, 0, 4, 3).await.unwrap();
    assert_eq!(read.iter().map(|delivered| number(&delivered.record)).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(read.iter().map(|delivered| delivered.offset).collect::<Vec<_>>(), [4, 5, 6]);
    assert!(ground.bus.read_from(&topic, 0, 10, 3).await.unwrap().is_empty(), "it does not wait at the end");
    assert!(ground.bus.read_from(&topic, 1, 0, 3).await.is_err());
    ground.bus.health().await.unwrap();
}

pub async fn a_topic_keeps_its_number_of_partitions(ground: Ground) {
    let topic = ground.topic(3).await;
    ground.bus.ensure_topics(&[(&topic, 3)]).await.unwrap();
    let refused = ground.bus.ensure_topics(&[(&topic, 4)]).await;
    assert!(matches!(refused, Err(BusError::PartitionsDiffer { wanted: 4, found: 3, .. })), "{refused:?}");
    assert_eq!(ground.bus.partitions(&topic).await.unwrap(), 3);
}

pub async fn an_unknown_topic_is_an_error(ground: Ground) {
    let published = ground.bus.publish("oz.nowhere.v1", vec![record("key", 1)]).await;
    assert!(matches!(published, Err(BusError::UnknownTopic(_))), "{published:?}");
    assert!(matches!(ground.bus.subscribe("g", &["oz.nowhere.v1"]).await, Err(BusError::UnknownTopic(_))));
}
