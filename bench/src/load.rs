//! Signed deliveries sent over some connections at once.

use std::{
    net::SocketAddr,
    sync::{
        Barrier,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use bench::{
    corpus::{self, Delivery},
    http::{self, Connection},
};
use clock::Clock;
use data_encoding::HEXLOWER;
use ring::hmac;

use crate::house::Integration;

/// The repository that deliveries are about.
pub const REPOSITORY: &str = "acme/rocket";

/// The whole request of a signed delivery.
pub fn signed(integration: &Integration, delivery: &Delivery, id: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, integration.secret.as_bytes());
    let signature = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, &delivery.body).as_ref()));
    let headers = [
        ("User-Agent", "GitHub-Hookshot/bench"),
        ("Accept", "*/*"),
        ("Content-Type", "application/json"),
        ("X-GitHub-Event", delivery.event),
        ("X-GitHub-Delivery", id),
        ("X-Hub-Signature-256", signature.as_str()),
    ];
    http::request("POST", &format!("/hooks/github/{}", integration.id), &headers, &delivery.body)
}

/// So many requests, one in twenty a repeat of the one before. No two calls make the same ones.
pub fn requests(integration: &Integration, count: usize) -> Vec<Vec<u8>> {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let at = now();
    let mut requests: Vec<Vec<u8>> = Vec::with_capacity(count);
    while requests.len() < count {
        if requests.len() % 20 == 19
            && let Some(last) = requests.last().cloned()
        {
            requests.push(last);
            continue;
        }
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let delivery = corpus::delivery(REPOSITORY, serial, at);
        requests.push(signed(integration, &delivery, &format!("bench-{at}-{serial}")));
    }
    requests
}

/// Seconds since the epoch.
pub fn now() -> i64 {
    Clock::system().now_us() / 1_000_000
}

/// Sends all of them over so many connections, each as fast as it is answered; every one must be taken. Returns the time it took.
pub fn send(addr: SocketAddr, requests: &[Vec<u8>], connections: usize) -> anyhow::Result<Duration> {
    let (next, start) = (AtomicUsize::new(0), Barrier::new(connections + 1));
    thread::scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let connection = Connection::open(addr);
                    start.wait();
                    let mut connection = connection?;
                    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answer = connection.send(request)?;
                        if answer.status != 202 {
                            bail!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        for sender in senders {
            sender.join().ok().context("a sender panicked")??;
        }
        Ok(begun.elapsed())
    })
}
