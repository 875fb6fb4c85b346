//! What batching brings, and that reading does not depend on how much was counted (BENCH.md, P6). Slow: run it by name.

use std::time::{Duration, Instant};

use events::Received;

use crate::stage::{HOUR, Stage, TODAY, measured, message, midnight, org};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a promise of every run"]
async fn batches_beat_single_events_and_reading_costs_the_same_with_ten_times_the_events() {
    let stage = Stage::set().await;
    let event = |n: u64| {
        let at = midnight(TODAY) - (n % 28) as i64 * 24 * HOUR + (n % 1000) as i64;
        stage.received(org(1), measured(&message(u128::from(n) + 1, u128::from(n % 50) + 1, at)))
    };
    let events = |range: std::ops::Range<u64>| range.map(event).collect::<Vec<Received>>();

    let single = events(0..300);
    let begun = Instant::now();
    for event in &single {
        stage.apply(std::slice::from_ref(event)).await;
    }
    let one_by_one = 300.0 / begun.elapsed().as_secs_f64();
    let many = events(300..10_300);
    let begun = Instant::now();
    for batch in many.chunks(500) {
        stage.apply(batch).await;
    }
    let in_batches = 10_000.0 / begun.elapsed().as_secs_f64();
    let before = read(&stage).await;
    for batch in events(10_300..103_000).chunks(5_000) {
        stage.apply(batch).await;
    }
    stage.sql("vacuum analyze");
    let after = read(&stage).await;
    println!(
        "single {one_by_one:.0}/s, batches of 500 {in_batches:.0}/s, read {before:?} → {after:?} with ten times the events"
    );
    assert!(after < before * 2);
}

async fn read(stage: &Stage) -> Duration {
    let mut took = Vec::new();
    for _ in 0..40 {
        let begun = Instant::now();
        stage.ask(org(1), "messages", "org", "", "", "day").await;
        took.push(begun.elapsed());
    }
    took.sort();
    took[took.len() / 2]
}
