//! The contract on the embedded log, and what only PostgreSQL can do wrong.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Embedded, EmbeddedOptions};
use testkit::Postgres;

use crate::ground::{LONG, assert_silent, consume, next, number, numbers, patient, record};

crate::contract_on!(crate::ground::embedded);

/// A cluster of this test's own, and its log.
async fn own_log(options: EmbeddedOptions) -> (Postgres, String, Embedded) {
    let (cluster, url) = tokio::task::spawn_blocking(|| {
        let cluster = Postgres::start().unwrap();
        let url = cluster.database("bus");
        (cluster, url)
    })
    .await
    .unwrap();
    Embedded::migrate(&url).await.unwrap();
    let bus = Embedded::open(&url, options).await.unwrap();
    bus.ensure_topics(&[("oz.t.v1", 2)]).await.unwrap();
    (cluster, url, bus)
}

fn database(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// Runs SQL from outside, without holding up the test's runtime.
async fn outside(database: &str, sql: &str) -> String {
    let (database, sql) = (database.to_owned(), sql.to_owned());
    tokio::task::spawn_blocking(move || Postgres::shared().execute(&database, &sql).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_writer_makes_no_reader_skip() {
    let ground = crate::ground::embedded().await;
    let topic = ground.topic(1).await;
    let database = database(&ground.address).to_owned();
    let mut consumer = ground.join("g", &topic).await;
    // Takes its offset first and commits last.
    let slow = tokio::task::spawn(async move {
        let append = "begin;
            select bus_append('{1}', '{0}', '{\"\\\\x01\"}', '{\"\\\\x00000001\"}', '{null}', '{null}');
            select pg_sleep(1.5);
            commit;";
        outside(&database, append).await
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (bus, to) = (Arc::clone(&ground.bus), topic.clone());
    let fast = tokio::task::spawn(async move { bus.publish(&to, vec![record("key", 2)]).await });
    let seen: Vec<u32> = consume(&mut consumer, 2).await.iter().map(number).collect();
    assert_eq!(seen, [1, 2]);
    slow.await.unwrap();
    fast.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_fails_midway_leaves_no_gap() {
    let ground = crate::ground::embedded().await;
    let topic = ground.topic(1).await;
    let database = database(&ground.address);
    let append = "begin; select bus_append('{1}', '{0}', '{\"\\\\x01\"}', '{\"\\\\x00000001\"}', '{null}', '{null}'); rollback;";
    outside(database, append).await;
    ground.bus.publish(&topic, vec![record("key", 2)]).await.unwrap();
    let read = ground.bus.read_from(&topic, 0, 0, 10).await.unwrap();
    assert_eq!(
        read.iter().map(|delivered| (delivered.offset, number(&delivered.record))).collect::<Vec<_>>(),
        [(0, 2)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_leave_neither_gaps_nor_deadlocks() {
    let ground = crate::ground::embedded().await;
    let topic = ground.topic(3).await;
    let writers = (0..8_u32).map(|writer| {
        let (bus, topic) = (Arc::clone(&ground.bus), topic.clone());
        tokio::task::spawn(async move {
            for round in 0..20 {
                let records = (0..9).map(|n| record(&format!("key{}", (writer + n) % 9), round)).collect();
                bus.publish(&topic, records).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut total = 0;
    for partition in 0..3 {
        let read = ground.bus.read_from(&topic, partition, 0, 10_000).await.unwrap();
        let offsets: Vec<i64> = read.iter().map(|delivered| delivered.offset).collect();
        assert_eq!(offsets, (0..i64::try_from(read.len()).unwrap()).collect::<Vec<_>>());
        total += read.len();
    }
    assert_eq!(total, 8 * 20 * 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_lost_its_session_is_fenced_and_comes_back() {
    let ground = crate::ground::embedded().await;
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..3).map(|n| record("key", n)).collect()).await.unwrap();
    let mut sleepy = ground.join("g", &topic).await;
    let held = next(&mut sleepy, 3).await;
    let sever = "select pg_terminate_backend(pid) from pg_locks
                  where locktype = 'advisory' and classid = 20261
                    and database = (select oid from pg_database where datname = current_database())";
    outside(database(&ground.address), sever).await;
    let mut heir = ground.join("g", &topic).await;
    let again = next(&mut heir, 3).await;
    assert_eq!(numbers(&again), [0, 1, 2]);
    assert!(matches!(sleepy.commit(&held).await, Err(BusError::Fenced)));
    heir.commit(&again).await.unwrap();
    heir.close().await.unwrap();
    // The first error tells of the lost session; after it the consumer is a member again.
    ground.bus.publish(&topic, vec![record("key", 3)]).await.unwrap();
    let back = match tokio::time::timeout(LONG, sleepy.next_batch(10)).await.unwrap() {
        Ok(batch) => batch,
        Err(_) => next(&mut sleepy, 10).await,
    };
    assert_eq!(numbers(&back), [3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_and_restarted_database_keeps_records_and_offsets() {
    let (mut cluster, url, bus) = own_log(patient()).await;
    bus.publish("oz.t.v1", (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let mut consumer = bus.subscribe("g", &["oz.t.v1"]).await.unwrap();
    let batch = next(&mut consumer, 4).await;
    consumer.commit(&batch).await.unwrap();
    let cluster = tokio::task::spawn_blocking(move || {
        cluster.kill().unwrap();
        cluster.restart().unwrap();
        cluster
    });
    let _cluster = cluster.await.unwrap();
    let mut seen: Vec<u32> = Vec::new();
    let deadline = tokio::time::Instant::now() + LONG;
    while seen.len() < 6 {
        assert!(tokio::time::Instant::now() < deadline, "the consumer did not recover");
        match consumer.next_batch(100).await {
            Ok(batch) => {
                consumer.commit(&batch).await.unwrap();
                seen.extend(numbers(&batch));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    assert_eq!(seen, [4, 5, 6, 7, 8, 9]);
    let reopened = Embedded::open(&url, patient()).await.unwrap();
    assert!(reopened.lag("g").await.unwrap().iter().all(|lag| lag.records == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_notification_only_costs_a_poll() {
    let options = EmbeddedOptions { poll_every: Duration::from_secs(1), ..patient() };
    let (cluster, url, bus) = own_log(options).await;
    let mut consumer = bus.subscribe("g", &["oz.t.v1"]).await.unwrap();
    assert_silent(&mut consumer).await;
    let silent = "update bus_partition set next_offset = 1 where partition = 0;
                  insert into bus_log (topic_id, partition, log_offset, key, payload) values (1, 0, 0, '', '\\x00000007')";
    let database = database(&url).to_owned();
    let cluster = tokio::task::spawn_blocking(move || {
        cluster.execute(&database, silent).unwrap();
        cluster
    });
    let _cluster = cluster.await.unwrap();
    assert_eq!(numbers(&next(&mut consumer, 10).await), [7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_deletes_only_what_is_old_and_committed_by_all() {
    let ground = crate::ground::embedded().await;
    let topic = ground.topic(1).await;
    let url = ground.address.trim_start_matches("embedded ");
    let bus = Embedded::open(url, patient()).await.unwrap();
    bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    assert_eq!(bus.expire(Duration::ZERO).await.unwrap(), 0, "no group has read it");
    let (mut quick, mut slow) = (ground.join("quick", &topic).await, ground.join("slow", &topic).await);
    consume(&mut quick, 10).await;
    let batch = next(&mut slow, 4).await;
    slow.commit(&batch).await.unwrap();
    assert_eq!(bus.expire(Duration::from_secs(3600)).await.unwrap(), 0, "it is not old");
    assert_eq!(bus.expire(Duration::ZERO).await.unwrap(), 4);
    let seen: Vec<u32> = consume(&mut slow, 6).await.iter().map(number).collect();
    assert_eq!(seen, [4, 5, 6, 7, 8, 9]);
    let mut late = ground.join("late", &topic).await;
    assert_eq!(numbers(&next(&mut late, 10).await), [4, 5, 6, 7, 8, 9]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervised_task_forgets_what_is_old_and_read_and_nothing_else() {
    let ground = crate::ground::embedded().await;
    let topic = ground.topic(1).await;
    let bus = Embedded::open(ground.address.trim_start_matches("embedded "), patient()).await.unwrap();
    bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let mut reader = ground.join("g", &topic).await;
    let batch = next(&mut reader, 8).await;
    reader.commit(&batch).await.unwrap();
    let mut supervisor = lifecycle::Supervisor::new();
    let shutdown = supervisor.shutdown();
    supervisor.spawn("log", bus.clone().keep_for(bus::RETENTION, Duration::from_millis(50), shutdown));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bus.read_from(&topic, 0, 0, 100).await.unwrap().len(), 10, "nothing is old");
    let age =
        "update bus_log set appended_at = now() - interval '7 days 1 minute' where log_offset not in (3, 4)";
    outside(database(&ground.address), age).await;
    let deadline = tokio::time::Instant::now() + LONG;
    let left = loop {
        let left = bus.read_from(&topic, 0, 0, 100).await.unwrap();
        if left.len() < 10 || tokio::time::Instant::now() > deadline {
            break left;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let left: Vec<i64> = left.iter().map(|delivered| delivered.offset).collect();
    assert_eq!(left, [3, 4, 8, 9], "the young, and the old that nobody has read");
    supervisor.run(async {}, Duration::from_secs(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_can_be_made_twice_at_once() {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database("twice")).await.unwrap();
    let (one, other) = tokio::join!(Embedded::migrate(&url), Embedded::migrate(&url));
    one.unwrap();
    other.unwrap();
}
