//! P8: what it costs to find action items, in this process, on the threads that the model was made from.

use std::{
    fs,
    path::Path,
    process,
    time::{Duration, Instant},
};

use anyhow::Context;
use bench::{
    cost,
    spread::{Spread, rounded},
};
use extraction::{Message, Participant, Style, Thread, extract, learning};

use crate::report::{Report, Row};

const REPEATS: usize = 3;
/// Ticks of CPU time are 10 ms long: shorter runs say nothing.
const LEAST: Duration = Duration::from_secs(2);
const MEGABYTE: usize = 1_000_000;

/// Measures memory first, then speed, then the worst that a megabyte can do.
pub fn run(report: &mut Report) -> anyhow::Result<()> {
    let threads = threads()?;
    let messages: usize = threads.iter().map(|thread| thread.messages.len()).sum();
    let before = cost::resident(process::id())?;
    let found: usize = threads.iter().map(|thread| extract(thread).len()).sum();
    let grown = (cost::resident(process::id())?.saturating_sub(before)) as f64 / 1e6;
    let data = format!("{} threads, {messages} messages, {found} findings", threads.len());
    report.row(Row::alone(
        "P8 memory: what finding adds to a process, MB",
        &data,
        rounded(grown),
        "≤ 30 MB",
        grown <= 30.0,
    ));

    let sentences: Vec<Vec<u64>> = threads
        .iter()
        .flat_map(|thread| learning::examples(thread).into_iter().map(|e| e.features))
        .collect();
    let classify = each_second(sentences.len(), || {
        for features in &sentences {
            std::hint::black_box(learning::classify(std::hint::black_box(features)));
        }
    })?;
    let data = format!("{} sentences, hashed", sentences.len());
    let good = classify.median() >= 200_000.0;
    report.row(Row::alone(
        "P8 classify: sentences per CPU-second",
        &data,
        classify.to_string(),
        "≥ 200,000",
        good,
    ));
    drop(sentences);

    let whole = each_second(messages, || {
        for thread in &threads {
            std::hint::black_box(extract(std::hint::black_box(thread)));
        }
    })?;
    let data = format!("{messages} messages, text → findings with dates");
    let good = whole.median() >= 2_000.0;
    report.row(Row::alone(
        "P8 whole path: messages per CPU-second",
        &data,
        whole.to_string(),
        "≥ 2,000",
        good,
    ));
    worst(report);
    Ok(())
}

fn threads() -> anyhow::Result<Vec<Thread>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/extraction/data/threads");
    let mut files =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.sort();
    let mut threads = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file)?.lines() {
            threads.push(serde_json::from_str(line).with_context(|| file.display().to_string())?);
        }
    }
    Ok(threads)
}

/// How many of so many things a CPU-second does.
fn each_second(things: usize, mut work: impl FnMut()) -> anyhow::Result<Spread> {
    let mut spread = Spread::default();
    for _ in 0..REPEATS {
        let before = cost::cpu(process::id())?.own;
        let mut rounds = 0;
        let took = loop {
            work();
            rounds += 1;
            let took = cost::cpu(process::id())?.own - before;
            if took >= LEAST {
                break took;
            }
        };
        spread.push((rounds * things) as f64 / took.as_secs_f64());
    }
    Ok(spread)
}

/// The longest that a message of one megabyte takes, over texts made to be slow.
fn worst(report: &mut Report) {
    let pieces = [
        "a",
        " ",
        "\n",
        "- ",
        "> ",
        "(",
        "[",
        "<",
        "<!--",
        "```\n",
        "`",
        "@",
        "@ada ",
        "<@U1> ",
        "https://",
        ".",
        "?",
        "1",
        "1.",
        "1/2/",
        "12:30 ",
        "by Friday ",
        "by the end of ",
        "next next ",
        "first ",
        "today tomorrow ",
        "please ",
        "can you ",
        "I will ",
        "TW-88 ",
        "done with TW-88. ",
        "and ",
        "é",
        "日",
        "🙂",
        "\u{301}",
        "On Monday Ada wrote:\n",
        "Could you send the report to Bob by Friday? I will look at TW-88 tomorrow. ",
    ];
    let mut slowest = (Duration::ZERO, "");
    for style in [Style::Chat, Style::Mail, Style::Issue] {
        for piece in pieces {
            let thread = one_message(style, piece.repeat(MEGABYTE / piece.len()));
            let begun = Instant::now();
            std::hint::black_box(extract(&thread));
            slowest = slowest.max((begun.elapsed(), piece));
        }
    }
    let ms = slowest.0.as_secs_f64() * 1e3;
    let data = format!("{} texts in 3 styles; the slowest repeats {:?}", pieces.len(), slowest.1);
    report.row(Row::alone("P8 worst: one message of 1 MB, ms", &data, rounded(ms), "≤ 100 ms", ms <= 100.0));
}

fn one_message(style: Style, text: String) -> Thread {
    let person = |id: &str, name: &str, handle: &str| Participant {
        id: id.into(),
        name: name.into(),
        handle: handle.into(),
        bot: Some(false),
    };
    let at = chrono::DateTime::UNIX_EPOCH;
    Thread {
        thread_id: "worst".into(),
        style,
        now: at,
        participants: vec![person("U1", "Ada Byron", "ada"), person("U2", "Bob Noyce", "bob")],
        open_tasks: vec![extraction::OpenTask {
            key: "TW-88".into(),
            title: "Send the report to Bob".into(),
            assignee: Some("U1".into()),
            due_on: None,
            state: extraction::TaskState::Open,
        }],
        messages: vec![Message { id: "m".into(), author: "U2".into(), at, text }],
    }
}
