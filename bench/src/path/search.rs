//! P5: two terms and a phrase, newest and best 20, in the organization that holds half of the mails.

use std::{fmt::Write, time::Instant};

use bench::{
    corpus::{self, Dice},
    http::{self, Connection},
    spread::{Spread, rounded},
};

use crate::{
    house::House,
    limit::{self, Limit},
    mailbox::Mailboxes,
    report::{Report, Row, met},
};

/// Queries of each kind.
const QUERIES: usize = 300;

/// Measures.
pub fn run(house: &House, mailboxes: &Mailboxes, report: &mut Report) -> anyhow::Result<()> {
    let terms = queries(mailboxes, false);
    let phrases = queries(mailboxes, true);
    let url = limit::database(house)?;
    let mails = mailboxes.listed();
    let mut limit = Limit::start("limit-search", &[("LIMIT_URL", &url), ("LIMIT_MAILS", &mails)])?;
    for (what, queries) in [("two terms", &terms), ("phrase", &phrases)] {
        // Newest: Oz and limit in turns, query by query.
        let (mut newest, mut best, mut least) = (Vec::new(), Vec::new(), Vec::new());
        let (mut newest_cpu, mut best_cpu) = (0.0, 0.0);
        let mut connection = Connection::open(house.addr)?;
        for chunk in queries.chunks(QUERIES / 3) {
            for (order, times, cpu) in
                [("time", &mut newest, &mut newest_cpu), ("relevance", &mut best, &mut best_cpu)]
            {
                let before = house.cpu()?;
                for query in chunk {
                    times.push(ask(&mut connection, mailboxes, query, order)?);
                }
                *cpu += (&house.cpu()? - &before).total().as_secs_f64() * 1e6;
            }
            for query in chunk {
                limit.tell(&format!("{} {query}", mailboxes.largest().seed))?;
                let line = limit.line()?;
                let time = line.split(' ').next().unwrap_or_default().parse::<f64>()?;
                least.push(time / 1e3);
            }
        }
        let least: Spread = least.into_iter().collect();
        for (order, times, cpu) in [("newest", newest, newest_cpu), ("best", best, best_cpu)] {
            let cpu = cpu / times.len() as f64;
            tell(report, mailboxes, &format!("{what}, {order} 20"), times.into_iter().collect(), &least, cpu);
        }
    }
    Ok(())
}

fn tell(report: &mut Report, mailboxes: &Mailboxes, what: &str, times: Spread, least: &Spread, cpu: f64) {
    let (half, most) = (times.quantile(0.5), times.quantile(0.99));
    // Best-first is held against tantivy, which is not measured here.
    let newest = what.ends_with("newest 20");
    report.row(Row {
        path: format!("P5 search: {what}, ms p50 / p99"),
        data: format!("{} mails, {} queries, 1 connection", mailboxes.described(), times.len()),
        oz: format!("{} / {}", rounded(half), rounded(most)),
        limit: format!("{} / {}", rounded(least.quantile(0.5)), rounded(least.quantile(0.99))),
        ratio: format!(
            "{}× / {}×",
            rounded(half / least.quantile(0.5)),
            rounded(most / least.quantile(0.99))
        ),
        goal: "≤ 5 / ≤ 50".into(),
        met: met(newest, half <= 5.0 && most <= 50.0),
    });
    report.note(format!("P5 {what}: {} ms of CPU a query in all.", rounded(cpu / 1e3)));
}

/// Two words that stand in one mail, or two neighbours as a phrase, of mails drawn by chance.
fn queries(mailboxes: &Mailboxes, phrase: bool) -> Vec<String> {
    let (mut dice, largest) = (Dice::new(5), mailboxes.largest());
    let queries = (0..QUERIES).map(|_| {
        let mail = corpus::mail(largest.seed, dice.below(largest.count), largest.count, 0);
        let words: Vec<&str> = mail.text.split('.').next().unwrap_or_default().split_whitespace().collect();
        let first = usize::try_from(dice.below(words.len() as u64 - 1)).unwrap_or(0);
        let other = usize::try_from(dice.below(words.len() as u64)).unwrap_or(0);
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        if phrase {
            format!("\"{} {}\"", word(first), word(first + 1))
        } else {
            format!("{} {}", word(first), word(other))
        }
    });
    queries.collect()
}

/// Milliseconds of one search, which must find something.
fn ask(connection: &mut Connection, mailboxes: &Mailboxes, query: &str, order: &str) -> anyhow::Result<f64> {
    let mut encoded = String::new();
    for byte in query.bytes() {
        match byte {
            b'a'..=b'z' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}")?,
        }
    }
    let headers = [("Authorization", mailboxes.largest().org.bearer.as_str())];
    let target = format!("/api/v1/search?order={order}&limit=20&q={encoded}");
    let request = http::request("GET", &target, &headers, b"");
    let begun = Instant::now();
    let answer = connection.send(&request)?;
    let time = begun.elapsed();
    let page = answer.json(200)?;
    anyhow::ensure!(
        page["items"].as_array().is_some_and(|items| !items.is_empty()),
        "nothing is found for {query}"
    );
    Ok(time.as_secs_f64() * 1e3)
}
