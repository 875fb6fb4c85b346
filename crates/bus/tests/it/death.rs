//! A consumer in a process of its own that is killed with a batch in its hands.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::ground::{Ground, consume, next, number, numbers, open, record};

const VICTIM: &str = "OZ_BUS_TEST_VICTIM";

/// The test binary again, as nothing but [`victim`]; returns when it holds its second batch.
fn start_victim(address: &str, group: &str, topic: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "death::victim", "--nocapture"])
        .env(VICTIM, format!("{address}|{group}|{topic}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let holds = output.lines().map_while(Result::ok).any(|line| line.contains("victim holds a batch"));
    assert!(holds, "the victim ended before it held a batch");
    child
}

/// Commits one batch, takes another, and waits to be killed. Alone, as a test, it does nothing.
#[tokio::test]
async fn victim() {
    let Ok(order) = std::env::var(VICTIM) else { return };
    let [address, group, topic] = order.split('|').collect::<Vec<_>>()[..] else { panic!("no such order") };
    let mut consumer = open(address).await.subscribe(group, &[topic]).await.unwrap();
    let done = next(&mut consumer, 4).await;
    assert_eq!(numbers(&done), [0, 1, 2, 3]);
    consumer.commit(&done).await.unwrap();
    let held = next(&mut consumer, 3).await;
    assert_eq!(numbers(&held), [4, 5, 6]);
    println!("victim holds a batch");
    std::future::pending::<()>().await;
}

pub async fn a_killed_consumers_partitions_are_taken_over(ground: Ground) {
    let topic = ground.topic(1).await;
    ground.bus.publish(&topic, (0..10).map(|n| record("key", n)).collect()).await.unwrap();
    let (address, group, name) = (ground.address.clone(), format!("{}-g", ground.name), topic.clone());
    let mut victim =
        tokio::task::spawn_blocking(move || start_victim(&address, &group, &name)).await.unwrap();
    let mut heir = ground.join("g", &topic).await;
    victim.kill().unwrap();
    victim.wait().unwrap();
    let seen: Vec<u32> = consume(&mut heir, 6).await.iter().map(number).collect();
    assert_eq!(seen, [4, 5, 6, 7, 8, 9], "what was committed stays done, what was not comes again");
}
