//! P3: a page of 50 stories through gateway and gRPC, beside one indexed read.

use std::time::Duration;

use bench::{
    http::{self, Connection},
    spread::{Spread, rounded},
};
use uuid::Uuid;

use crate::{
    house::House,
    limit::Limit,
    mailbox::Mailboxes,
    report::{Report, Row, met},
};

/// Pages of one run.
const PAGES: u32 = 400;
/// Reads of the limit in one run; they are cheaper, and a tick of the processes' books is 10 ms.
const READS: u32 = 3_000;
const REPEATS: usize = 3;

/// Measures.
pub fn run(house: &House, mailboxes: &Mailboxes, report: &mut Report) -> anyhow::Result<()> {
    let org = &mailboxes.largest().org;
    let headers = [("Authorization", org.bearer.as_str())];
    let request = http::request("GET", "/api/v1/feed?scope=org&limit=50", &headers, b"");
    let mut connection = Connection::open(house.addr)?;
    let stories = connection.send(&request)?.json(200)?["items"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(stories == 50, "{stories} stories on the page");
    let uuid = uuid(&org.id)?;
    let (above, under) = (house.administered("oz_feed")?, house.database("feed")?);
    let count = READS.to_string();
    let base = [("LIMIT_ORG", uuid.as_str()), ("LIMIT_COUNT", count.as_str())];
    let (mut own, mut postgres, mut all, mut time) =
        (Spread::default(), Spread::default(), Spread::default(), Vec::new());
    let (mut off, mut on) = (Spread::default(), Spread::default());
    for _ in 0..REPEATS {
        let before = house.cpu()?;
        for _ in 0..PAGES {
            let begun = std::time::Instant::now();
            connection.send(&request)?;
            time.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let cost = &house.cpu()? - &before;
        own.push(each(cost.own + cost.redis, PAGES));
        postgres.push(each(cost.postgres, PAGES));
        all.push(each(cost.total(), PAGES));
        off.push(read(house, &[&base[..], &[("LIMIT_URL", &above)]].concat())?);
        on.push(read(house, &[&base[..], &[("LIMIT_URL", &under), ("LIMIT_SCOPED", "1")]].concat())?);
    }
    let data =
        format!("{} mails, 50 stories a page, {PAGES} pages, {REPEATS} repeats", mailboxes.described());
    report.row(Row {
        path: "P3 read: CPU µs per page".into(),
        data: data.clone(),
        oz: all.to_string(),
        limit: off.to_string(),
        ratio: format!("{}×", rounded(all.median() / off.median())),
        goal: "≤ 500 µs".into(),
        met: met(true, all.median() <= 500.0),
    });
    let ratio = on.median() / off.median();
    report.row(Row {
        path: "P3 read: the limit's read with row-level security on / off, CPU µs".into(),
        data,
        oz: on.to_string(),
        limit: off.to_string(),
        ratio: format!("{}×", rounded(ratio)),
        goal: "≤ 1.15×".into(),
        met: met(true, ratio <= 1.15),
    });
    let time: Spread = time.into_iter().collect();
    report.note(format!(
        "P3: Oz and Redis {} µs, PostgreSQL {} µs; one connection, {} ms p50, {} ms p99.",
        rounded(own.median()),
        rounded(postgres.median()),
        rounded(time.quantile(0.5)),
        rounded(time.quantile(0.99)),
    ));
    Ok(())
}

fn each(time: Duration, count: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(count)
}

/// CPU microseconds of one read of the limit: its own and PostgreSQL's.
fn read(house: &House, variables: &[(&str, &str)]) -> anyhow::Result<f64> {
    let before = house.cpu()?;
    let own: u64 = Limit::start("limit-page", variables)?.line()?.parse()?;
    let around = &house.cpu()? - &before;
    Ok(each(Duration::from_millis(own) + around.postgres, READS))
}

/// The number in a TypeID: base 32 of Crockford's alphabet, 26 digits, as the TypeID specification writes it.
fn uuid(id: &str) -> anyhow::Result<String> {
    const DIGITS: &str = "0123456789abcdefghjkmnpqrstvwxyz";
    let digits = id.rsplit('_').next().unwrap_or_default();
    let number = digits.chars().try_fold(0_u128, |number, digit| {
        let value = DIGITS.find(digit)? as u128;
        Some(number << 5 | value)
    });
    number
        .map(|number| Uuid::from_u128(number).to_string())
        .ok_or_else(|| anyhow::anyhow!("{id} is no TypeID"))
}
