//! `eval`: what the committed weights and the rules find, in threads that neither has seen and in others.

use std::fs;

use anyhow::Context;
use extraction::{Kind, Style, extract, learning};

use crate::{
    corpus,
    curve::{self, Line},
    data::{self, Labelled},
    dates,
    fit::Fitted,
    say,
    score::{self, ACTIONS, Judged, UPDATES},
    train,
};

/// What is told of each set.
const ROWS: [(&str, &[Kind]); 9] = [
    ("request", &[Kind::Request]),
    ("commitment", &[Kind::Commitment]),
    ("proposal", &[Kind::Proposal]),
    ("action items", &ACTIONS),
    ("done", &[Kind::Done]),
    ("blocked", &[Kind::Blocked]),
    ("reassign", &[Kind::Reassign]),
    ("due_change", &[Kind::DueChange]),
    ("updates", &UPDATES),
];

/// Prints the messages of own threads in which a model that had not seen them was wrong about a kind.
pub fn mistakes(kind: &str) -> anyhow::Result<()> {
    let kind: Kind = serde_json::from_value(kind.into()).context("no such kind")?;
    let own = data::threads(&data::own().join("threads"))?;
    let (thresholds, calibrations) = (extraction::thresholds(), learning::calibrations());
    let judged = train::unseen(&own, |fitted: &Fitted| fitted.table(calibrations, thresholds));
    for (labelled, judged) in own.iter().zip(&judged) {
        for (message, sure) in score::mistakes(judged, kind) {
            let text =
                labelled.thread.messages.iter().find(|m| m.id == message).map_or("", |m| m.text.as_str());
            let what = sure.map_or_else(|| "missed".to_owned(), |sure| format!("wrong {sure:.2}"));
            let text = text.replace('\n', " / ");
            say(&format!("{what} {} {message}: {text}", labelled.thread.thread_id));
        }
    }
    Ok(())
}

/// What a set of threads is called, and what was found in it.
struct Measured {
    name: &'static str,
    model: Vec<Judged>,
    rules: Vec<Judged>,
}

/// Prints everything, and draws the curve.
///
/// # Errors
/// When the threads cannot be read, or the picture cannot be written.
pub fn run() -> anyhow::Result<()> {
    let own = data::threads(&data::own().join("threads"))?;
    let sets = sets(&own)?;
    sets.iter().for_each(tell);
    let lines: Vec<Line<'_>> =
        sets.iter().map(|set| Line { name: set.name, model: &set.model, rules: &set.rules }).collect();
    let path = data::own().join("curve.svg");
    fs::write(&path, curve::picture(&lines)).with_context(|| path.display().to_string())?;
    say("\nPrecision against recall of action items: crates/extraction/data/curve.svg");
    days()?;
    languages(&own)?;
    requests()
}

/// How many people are left alone who should not be, and the other way round.
fn languages(own: &[Labelled]) -> anyhow::Result<()> {
    let others = data::read(&data::own().join("languages.jsonl"))?;
    let authors = |threads: &[Labelled]| {
        let mut authors: Vec<(usize, String)> = Vec::new();
        for (n, labelled) in threads.iter().enumerate() {
            authors.extend(labelled.thread.messages.iter().map(|message| (n, message.author.clone())));
        }
        authors.sort();
        authors.dedup();
        let alone = authors.iter().filter(|(n, author)| learning::is_left_alone(&threads[*n].thread, author));
        (alone.count(), authors.len())
    };
    let found: usize = others.iter().map(|labelled| extract(&labelled.thread).len()).sum();
    let ((english, of_english), (foreign, of_foreign)) = (authors(own), authors(&others));
    say(&format!(
        "\n## Languages\n\nLeft alone: {english} of {of_english} who write English, {foreign} of {of_foreign} who do not, in {} \
         conversations with {found} findings.",
        others.len()
    ));
    Ok(())
}

fn sets(own: &[Labelled]) -> anyhow::Result<Vec<Measured>> {
    let (thresholds, calibrations) = (extraction::thresholds(), learning::calibrations());
    let unseen = train::unseen(own, |fitted: &Fitted| fitted.table(calibrations, thresholds));
    let mut sets = vec![Measured { name: "own threads, unseen", model: unseen, rules: rules(own) }];
    let mut add = |name, threads: &[Labelled]| {
        let model = threads.iter().map(|t| score::judge(t, &extract(&t.thread))).collect();
        sets.push(Measured { name, model, rules: rules(threads) });
    };
    add("held-out threads", &data::threads(&data::own().join("heldout"))?);
    match data::shared("dev.jsonl") {
        Some(path) => add("development threads", &data::read(&path)?),
        None => say("The shared development threads are not here: left out (OZ_SHARED says where they are)."),
    }
    Ok(sets)
}

fn rules(threads: &[Labelled]) -> Vec<Judged> {
    threads.iter().map(|t| score::judge(t, &learning::by_rules(&t.thread))).collect()
}

fn days() -> anyhow::Result<()> {
    say("\n## Days\n\n| expressions | exact | invented |\n|---|---|---|");
    let own = data::own().join("dates");
    let files = [
        ("own", Some(own.join("own.jsonl"))),
        ("own, second", Some(own.join("second.jsonl"))),
        ("development", data::shared("dates-dev.jsonl")),
    ];
    for (name, file) in files.into_iter().filter_map(|(name, file)| Some((name, file?))) {
        let read = dates::read(&file)?;
        say(&format!("| {name} | {} of {} | {} of {} |", read.exact, read.dated, read.invented, read.others));
    }
    Ok(())
}

fn requests() -> anyhow::Result<()> {
    let Some(path) = data::shared("email-intent-train.tsv") else {
        say("\nThe shared request corpus is not here: left out (OZ_SHARED says where it is).");
        return Ok(());
    };
    let lines = corpus::read(&path)?;
    let (precision, recall, f1) = corpus::cross_validate(&lines);
    say(&format!(
        "\n## Request corpus, 5 folds, {} sentences\n\nP {precision:.3}, R {recall:.3}, F1 {f1:.3}",
        lines.len()
    ));
    Ok(())
}

fn tell(set: &Measured) {
    let judged = &set.model;
    let messages: usize = judged.iter().map(Judged::messages).sum();
    say(&format!("\n## {}: {} threads, {messages} messages\n", set.name, judged.len()));
    say("`always` says the kind of every message; the majority, saying nothing, has F1 0 everywhere.\n");
    say(
        "| what | labels | P | R | F1 | 95 of 100 draws | rules F1 | always F1 |\n|---|---|---|---|---|---|---|---|",
    );
    for (name, kinds) in ROWS {
        row(name, kinds, judged, &set.rules);
    }
    for style in [Style::Chat, Style::Mail, Style::Issue] {
        let of = |all: &[Judged]| all.iter().filter(|j| j.style == style).cloned().collect::<Vec<_>>();
        let (model, rules) = (of(&set.model), of(&set.rules));
        row(&format!("action items, {style:?}").to_lowercase(), &ACTIONS, &model, &rules);
        row(&format!("updates, {style:?}").to_lowercase(), &UPDATES, &model, &rules);
    }
    tiers(judged);
    let (found, plain) = (score::details(judged), score::details(&set.rules));
    say(&format!(
        "- right where found: owner {:.3}, due {:.3} (where there is one {:.3}), task {:.3}",
        found.owner, found.due, found.due_when_any, found.task
    ));
    say(&format!(
        "- false findings per 1,000 messages: {:.1}; rules {:.1}",
        found.false_per_thousand, plain.false_per_thousand
    ));
}

fn row(name: &str, kinds: &[Kind], judged: &[Judged], rules: &[Judged]) {
    let labels = score::labels(judged, kinds);
    if labels == 0 {
        return;
    }
    let q = score::of_kinds(judged, kinds, 0.0);
    let (low, high) = score::interval(judged, kinds);
    let (rules, always) = (score::of_kinds(rules, kinds, 0.0).f1, score::always(judged, kinds).f1);
    say(&format!(
        "| {name} | {labels} | {:.3} | {:.3} | {:.3} | {low:.2}–{high:.2} | {rules:.3} | {always:.3} |",
        q.precision, q.recall, q.f1
    ));
}

fn tiers(judged: &[Judged]) {
    let auto = score::of_kinds(judged, &ACTIONS, extraction::thresholds().auto_action);
    let updates = score::of_kinds(judged, &UPDATES, extraction::thresholds().auto_update);
    say(&format!(
        "\n- action items: best P with R ≥ 0.90 {:.3}, with R ≥ 0.60 {:.3}; where Oz is sure P {:.3}, R {:.3}",
        score::best_at(judged, &ACTIONS, 0.9).0,
        score::best_at(judged, &ACTIONS, 0.6).0,
        auto.precision,
        auto.recall
    ));
    say(&format!("- updates where Oz is sure: P {:.3}, R {:.3}", updates.precision, updates.recall));
}
