//! P1: signed GitHub deliveries to a durable 202, with all that follows from them, beside the group-commit limit.

use std::{collections::BTreeMap, net::SocketAddr, thread, time::Duration};

use bench::{
    cost::{self, Cpu},
    spread::{Spread, rounded},
};

use crate::{
    house::{House, Integration},
    limit::{self, Limit},
    load,
    look::Look,
    report::{Report, Row, met},
};

/// Connections, and deliveries of one run.
const STEPS: [(usize, usize); 3] = [(2, 600), (16, 1_500), (64, 3_000)];
const REPEATS: usize = 3;
/// Until the first statistics of a fresh database are there.
const SETTLED: Duration = Duration::from_secs(5);
/// All that deliveries lead to must be done within this time.
const PATIENCE: Duration = Duration::from_secs(300);

/// What one side of a step showed.
#[derive(Default)]
struct Side {
    /// Answers a second.
    rate: Spread,
    /// Of the process and of PostgreSQL, until the last answer.
    answered: Spread,
    /// The same until nothing was left to do.
    own: Spread,
    postgres: Spread,
    all: Spread,
    databases: BTreeMap<String, Spread>,
}

impl Side {
    fn note(&mut self, count: usize, took: Duration, answered: &Cpu, all: &Cpu) {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
        self.rate.push(count as f64 / took.as_secs_f64());
        self.answered.push(each(answered.total()));
        self.own.push(each(all.own));
        self.postgres.push(each(all.postgres));
        self.all.push(each(all.total()));
        for (name, time) in &all.databases {
            self.databases.entry(name.clone()).or_default().push(each(*time));
        }
    }
}

/// Measures.
pub fn run(house: &House, report: &mut Report) -> anyhow::Result<()> {
    let org = house.organization("Ingest")?;
    let github = house.github(&org, load::REPOSITORY)?;
    let (door, look) = (house.hooks()?, house.look()?);
    let url = limit::database(house)?;
    let mut limit = Limit::start("limit-ingest", &[("LIMIT_URL", &url), ("LIMIT_SECRET", &github.secret)])?;
    let limit_door: SocketAddr = format!("127.0.0.1:{}", limit.line()?).parse()?;
    // Caches, plans and connections of both.
    load::send(door, &load::requests(&github, 500), 16)?;
    load::send(limit_door, &load::requests(&github, 500), 16)?;
    look.drained(PATIENCE)?;
    // An installation is seconds old once and in use for years: PostgreSQL knows its tables by now.
    thread::sleep(SETTLED);
    for (connections, count) in STEPS {
        let (mut oz, mut least) = (Side::default(), Side::default());
        for _ in 0..REPEATS {
            one(house, &github, &look, (door, connections, count), &mut oz)?;
            bare(house, &github, limit.pid(), (limit_door, connections, count), &mut least)?;
        }
        tell(report, connections, count, &oz, &least);
    }
    Ok(())
}

fn one(
    house: &House,
    github: &Integration,
    look: &Look,
    (door, connections, count): (SocketAddr, usize, usize),
    side: &mut Side,
) -> anyhow::Result<()> {
    let requests = load::requests(github, count);
    let before = house.cpu()?;
    let took = load::send(door, &requests, connections)?;
    let answered = &house.cpu()? - &before;
    look.drained(PATIENCE)?;
    side.note(count, took, &answered, &(&house.cpu()? - &before));
    Ok(())
}

fn bare(
    house: &House,
    github: &Integration,
    limit: u32,
    (door, connections, count): (SocketAddr, usize, usize),
    side: &mut Side,
) -> anyhow::Result<()> {
    let requests = load::requests(github, count);
    let (own, around) = (cost::cpu(limit)?, house.cpu()?);
    let took = load::send(door, &requests, connections)?;
    let (own, around) = (&cost::cpu(limit)? - &own, &house.cpu()? - &around);
    let all = Cpu { own: own.own, postgres: around.postgres, ..Cpu::default() };
    side.note(count, took, &all, &all);
    Ok(())
}

fn tell(report: &mut Report, connections: usize, count: usize, oz: &Side, least: &Side) {
    let data =
        format!("{count} deliveries of 1–2 KiB, 5 % repeats, {connections} connections, {REPEATS} repeats");
    let share = oz.rate.median() / least.rate.median();
    let goal = if connections == 64 { "≥ 50 %" } else { "" };
    report.row(Row {
        path: "P1 ingest: durable answers/s".into(),
        data: data.clone(),
        oz: oz.rate.to_string(),
        limit: least.rate.to_string(),
        ratio: format!("{} %", rounded(share * 100.0)),
        goal: goal.into(),
        met: met(!goal.is_empty(), share >= 0.5),
    });
    let cpu = oz.all.median();
    report.row(Row {
        path: "P1 ingest: CPU µs per delivery, all that follows included".into(),
        data,
        oz: oz.all.to_string(),
        limit: least.all.to_string(),
        ratio: format!("{}×", rounded(cpu / least.all.median())),
        goal: "≤ 160 µs".into(),
        met: met(true, cpu <= 160.0),
    });
    let databases: Vec<String> =
        oz.databases.iter().map(|(name, time)| format!("{name} {}", rounded(time.median()))).collect();
    report.note(format!(
        "P1 at {connections}: Oz {} µs, PostgreSQL {} µs ({}); until the last answer {} µs in all; limit {} + {} µs.",
        rounded(oz.own.median()),
        rounded(oz.postgres.median()),
        databases.join(", "),
        rounded(oz.answered.median()),
        rounded(least.own.median()),
        rounded(least.postgres.median()),
    ));
}
