//! `make bench`: measures Oz and the machine's limits in one run, and writes `bench/report.md`.
//!
//! `P=p3` runs one path and prints its table; `FULL=1` takes a million mails instead of a hundred thousand, `MAILS=5000` so many.

// A measurement is a float, and none here comes near 2^52.
#![expect(clippy::cast_precision_loss, reason = "counts and times become figures of a report")]

mod house;
mod limit;
mod load;
mod look;
mod mailbox;
mod path;
mod report;

use std::{env, path::Path};

use anyhow::Context;
use bench::{cost, spread::rounded};
use house::House;
use mailbox::Mailboxes;
use report::{Report, say};

/// Mails that are imported, and with `FULL=1`.
const MAILS: (u64, u64) = (100_000, 1_000_000);
const PATHS: [&str; 6] = ["p1", "p2", "p3", "p5", "p7", "p8"];

fn main() -> anyhow::Result<()> {
    let wanted = env::var("P").unwrap_or_default().to_lowercase();
    anyhow::ensure!(
        wanted.is_empty() || PATHS.contains(&wanted.as_str()),
        "P is one of {}",
        PATHS.join(", ")
    );
    let wants = |path: &str| wanted.is_empty() || wanted == path;
    let full = env::var("FULL").is_ok_and(|text| text == "1");
    let mails = match env::var("MAILS").ok().filter(|text| !text.is_empty()) {
        Some(text) => text.parse().context("MAILS is a number")?,
        None if full => MAILS.1,
        None => MAILS.0,
    };
    let load_before = cost::load();
    let mut report = Report::default();
    if wants("p8") {
        path::extract::run(&mut report)?;
    }
    if wanted != "p8" {
        served(mails, &wants, &mut report)?;
    }
    if wanted.is_empty() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.md");
        report.write(&path, &load_before)?;
        say(&format!("written to {}", path.display()));
    } else {
        say(&report.markdown(&load_before));
    }
    Ok(())
}

/// The paths through a running Oz.
fn served(mails: u64, wants: &impl Fn(&str) -> bool, report: &mut Report) -> anyhow::Result<()> {
    let mut house = House::new(None)?;
    if wants("p7") {
        path::footprint::start(&mut house, report)?;
    } else {
        house.start()?;
    }
    if wants("p1") {
        path::ingest::run(&house, report)?;
    }
    if wants("p2") {
        path::visible::run(&house, "embedded", report)?;
    }
    if wants("p3") || wants("p5") || wants("p7") {
        large(&mut house, mails, wants, report)?;
    }
    drop(house);
    if wants("p2") {
        kafka(report)?;
    }
    Ok(())
}

/// The paths that need much data.
fn large(
    house: &mut House,
    total: u64,
    wants: &impl Fn(&str) -> bool,
    report: &mut Report,
) -> anyhow::Result<()> {
    if wants("p7") {
        // What the paths before left in memory is not the mails'.
        house.stop()?;
        house.start()?;
    }
    let before = house.cpu()?;
    let (mailboxes, took) = Mailboxes::import(house, total)?;
    let cost = &house.cpu()? - &before;
    let each = |time: std::time::Duration| rounded(time.as_secs_f64() * 1e6 / total as f64);
    report.note(format!(
        "Import of {total} mails through `oz import`, until every service had caught up: {} s, {} mails a second; CPU µs a mail: \
         Oz {}, PostgreSQL {}.",
        rounded(took.as_secs_f64()),
        rounded(total as f64 / took.as_secs_f64()),
        each(cost.own),
        each(cost.postgres)
    ));
    if total < MAILS.1 {
        report.note("The goals of P3 and P5 speak of a million; `FULL=1` imports as many.".to_owned());
    }
    if wants("p7") {
        path::footprint::loaded(house, &mailboxes, report)?;
    }
    if wants("p3") {
        path::page::run(house, &mailboxes, report)?;
    }
    if wants("p5") {
        path::search::run(house, &mailboxes, report)?;
    }
    Ok(())
}

/// P2 again over Apache Kafka, where its artifacts have been fetched.
fn kafka(report: &mut Report) -> anyhow::Result<()> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/kafka");
    if !fetched.is_dir() {
        report.note("P2 over Kafka was left out: `deploy/local-kafka/fetch` fetches it.".to_owned());
        return Ok(());
    }
    let broker = testkit::Kafka::start().context("starting Kafka")?;
    let mut house = House::new(Some(broker.brokers()))?;
    house.start()?;
    path::visible::run(&house, "Kafka", report)
}
