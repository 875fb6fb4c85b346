//! P7: how long Oz takes to start, and how much memory its process has, idle and after many messages.

use std::{thread, time::Duration};

use bench::{
    cost,
    spread::{Spread, rounded},
};

use crate::{
    house::House,
    mailbox::Mailboxes,
    report::{Report, Row},
};

/// How long Oz is left alone before it counts as idle.
const SETTLE: Duration = Duration::from_secs(5);
/// Warm starts.
const STARTS: usize = 3;

/// Starts a fresh house, cold and warm, and leaves it running, idle.
pub fn start(house: &mut House, report: &mut Report) -> anyhow::Result<()> {
    let cold = house.start()?;
    let mut warm = Spread::default();
    for _ in 0..STARTS {
        house.stop()?;
        warm.push(house.start()?.as_secs_f64());
    }
    report.row(Row::alone(
        "P7 start: fresh folder → ready, s",
        "empty",
        rounded(cold.as_secs_f64()),
        "",
        false,
    ));
    let good = warm.median() <= 1.5;
    report.row(Row::alone(
        "P7 start: warm → ready, s",
        &format!("{STARTS} starts"),
        warm.to_string(),
        "≤ 1.5 s",
        good,
    ));
    idle(house, report)
}

fn idle(house: &House, report: &mut Report) -> anyhow::Result<()> {
    thread::sleep(SETTLE);
    let before = house.cpu()?;
    thread::sleep(SETTLE);
    let busy = &house.cpu()? - &before;
    let part = |time: Duration| rounded(time.as_secs_f64() / SETTLE.as_secs_f64() * 100.0);
    let idle = megabytes(house)?;
    report.row(Row::alone(
        "P7 memory: Oz's process, idle, MB",
        "empty",
        rounded(idle),
        "≤ 150 MB",
        idle <= 150.0,
    ));
    report.note(format!(
        "P7: idle, Oz uses {} % of a core, PostgreSQL {} %, Redis {} %.",
        part(busy.own),
        part(busy.postgres),
        part(busy.redis)
    ));
    Ok(())
}

/// Looks at the memory after the mailboxes were imported.
pub fn loaded(house: &House, mailboxes: &Mailboxes, report: &mut Report) -> anyhow::Result<()> {
    let now = megabytes(house)?;
    let data = format!("{} mails", mailboxes.described());
    report.row(Row::alone(
        "P7 memory: Oz's process, loaded, MB",
        &data,
        rounded(now),
        "≤ 300 MB",
        now <= 300.0,
    ));
    Ok(())
}

fn megabytes(house: &House) -> anyhow::Result<f64> {
    Ok(cost::resident(house.pid()?)? as f64 / 1e6)
}
