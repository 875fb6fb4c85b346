//! P2: from an accepted delivery to the story on the member's open stream, and to the hit of a search.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use bench::{
    corpus, cost,
    http::{self, Connection},
    spread::{Spread, rounded},
};

use crate::{
    house::{House, Integration, Organization},
    load,
    report::{Report, Row, met},
};

/// Deliveries a second, how many, and of how many one is also searched for.
const STEPS: [(u64, u64, u64); 2] = [(20, 240, 2), (200, 1_600, 20)];
/// Connections that send.
const SENDERS: u64 = 8;
/// What is not seen by then is never seen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two searches for the same word.
const AGAIN: Duration = Duration::from_millis(2);

/// When something happened, by the number of the delivery.
type Times = Mutex<HashMap<u64, Instant>>;

/// Measures on one bus.
pub fn run(house: &House, bus: &str, report: &mut Report) -> anyhow::Result<()> {
    let org = house.organization(&format!("Visible{bus}"))?;
    let github = house.github(&org, load::REPOSITORY)?;
    // Everything is loaded and cached once.
    step(house, &org, &github, (0, 50, 50, 10))?;
    for (index, (rate, count, sample)) in STEPS.into_iter().enumerate() {
        let first = (index as u64 + 1) * 100_000;
        let before = house.cpu()?;
        let begun = Instant::now();
        let (feed, search) = step(house, &org, &github, (first, rate, count, sample))?;
        let busy = (&house.cpu()? - &before).total().as_secs_f64() / begun.elapsed().as_secs_f64();
        for (what, spread) in [("feed", feed), ("search", search)] {
            let (half, most) = (spread.quantile(0.5), spread.quantile(0.99));
            report.row(Row {
                path: format!("P2 accepted → {what}, {bus} bus, ms p50 / p99"),
                data: format!("{rate}/s, {} of {count} deliveries, 1 open stream", spread.len()),
                oz: format!("{} / {}", rounded(half), rounded(most)),
                limit: "–".into(),
                ratio: "–".into(),
                goal: "≤ 20 / ≤ 100".into(),
                met: met(true, half <= 20.0 && most <= 100.0),
            });
        }
        report.note(format!(
            "P2 {bus} at {rate}/s: Oz and its servers used {} of a core; load of the machine {}.",
            rounded(busy),
            cost::load()
        ));
    }
    Ok(())
}

/// One rate: milliseconds to the feed and to the search.
fn step(
    house: &House,
    org: &Organization,
    github: &Integration,
    (first, rate, count, sample): (u64, u64, u64, u64),
) -> anyhow::Result<(Spread, Spread)> {
    let (accepted, seen, found) = (Times::default(), Times::default(), Times::default());
    let (over, door) = (AtomicBool::new(false), house.hooks()?);
    let stream = follow(house.addr, org)?;
    let (ask, asked) = mpsc::channel::<u64>();
    thread::scope(|scope| {
        scope.spawn(|| read(stream, &seen, &over));
        let searcher = scope.spawn(|| search(house.addr, org, asked, &found));
        let begun = Instant::now();
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (ask, accepted) = (ask.clone(), &accepted);
                scope.spawn(move || -> anyhow::Result<()> {
                    let mut connection = Connection::open(door)?;
                    for number in (sender..count).step_by(usize::try_from(SENDERS)?) {
                        let delivery = corpus::titled(
                            load::REPOSITORY,
                            first + number,
                            &title(first + number),
                            load::now(),
                        );
                        let request = load::signed(github, &delivery, &format!("visible-{}", first + number));
                        let due = begun + Duration::from_secs_f64(number as f64 / rate as f64);
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        connection.send(&request)?;
                        note(accepted, first + number);
                        if number % sample == 0 {
                            ask.send(first + number)?;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        drop(ask);
        let sent =
            senders.into_iter().try_for_each(|sender| sender.join().ok().context("a sender panicked")?);
        let waiting = Instant::now();
        while sent.is_ok() && waiting.elapsed() < PATIENCE && length(&seen) < length(&accepted) {
            thread::sleep(Duration::from_millis(10));
        }
        over.store(true, Ordering::Relaxed);
        // A last delivery moves the reader on to notice.
        let last = corpus::titled(load::REPOSITORY, first + count, "the last one", load::now());
        Connection::open(door)?.send(&load::signed(github, &last, &format!("visible-last-{first}")))?;
        searcher.join().ok().context("the searcher panicked")??;
        sent
    })?;
    anyhow::ensure!(
        length(&seen) >= length(&accepted),
        "{} of {} stories came",
        length(&seen),
        length(&accepted)
    );
    Ok((between(&accepted, &seen), between(&accepted, &found)))
}

/// A word that stands nowhere else.
fn title(number: u64) -> String {
    let letters: String = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    format!("visible canary{letters}x of {number}")
}

fn follow(addr: SocketAddr, org: &Organization) -> anyhow::Result<impl BufRead + use<>> {
    let headers = [("Authorization", org.bearer.as_str()), ("Accept", "text/event-stream")];
    let request = http::request("GET", "/api/v1/feed/stream?scope=org", &headers, b"");
    Ok(BufReader::new(Connection::open(addr)?.stream(&request)?))
}

/// Notes the stories that the stream carries until it is over.
fn read(stream: impl BufRead, seen: &Times, over: &AtomicBool) {
    for line in stream.lines().map_while(Result::ok) {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let Some(data) = line.strip_prefix("data:") else { continue };
        let number = data.split_once("visible canary").and_then(|(_, rest)| rest.split_once("x of "));
        let number =
            number.and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
        if let Some(number) = number {
            note(seen, number);
        }
    }
}

/// Searches for one delivery after the other until each is found.
fn search(
    addr: SocketAddr,
    org: &Organization,
    asked: mpsc::Receiver<u64>,
    found: &Times,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(addr)?;
    for number in asked {
        let title = title(number);
        let word = title.split(' ').nth(1).unwrap_or_default();
        let headers = [("Authorization", org.bearer.as_str())];
        let request =
            http::request("GET", &format!("/api/v1/search?order=time&limit=1&q={word}"), &headers, b"");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let page = connection.send(&request)?.json(200)?;
            if page["items"].as_array().is_some_and(|items| !items.is_empty()) {
                note(found, number);
                break;
            }
            thread::sleep(AGAIN);
        }
    }
    Ok(())
}

fn note(times: &Times, number: u64) {
    let now = Instant::now();
    times.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_insert(now);
}

fn length(times: &Times) -> usize {
    times.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// Milliseconds from one to the other, of all that have both.
fn between(from: &Times, to: &Times) -> Spread {
    let (from, to) = (
        from.lock().unwrap_or_else(PoisonError::into_inner),
        to.lock().unwrap_or_else(PoisonError::into_inner),
    );
    let both = to.iter().filter_map(|(number, to)| Some(to.saturating_duration_since(*from.get(number)?)));
    both.map(|time| time.as_secs_f64() * 1e3).collect()
}
