//! `eval`: what the committed weights and the rules find, in threads that neither has seen and in others.

use anyhow::Context;
use extraction::{
    Kind, extract,
    learning::{self, Table},
};

use crate::{
    corpus,
    data::{self, Labelled},
    fit::Fitted,
    say,
    score::{self, ACTIONS, Judged, UPDATES},
    train,
};

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

/// Prints everything.
pub fn run() -> anyhow::Result<()> {
    let own = data::threads(&data::own().join("threads"))?;
    let thresholds = extraction::thresholds();
    let calibrations = learning::calibrations();
    let unseen = train::unseen(&own, |fitted: &Fitted| -> Table { fitted.table(calibrations, thresholds) });
    tell("own threads, each by a model that has not seen it", &unseen);
    let rules = |threads: &[Labelled]| -> Vec<Judged> {
        threads.iter().map(|t| score::judge(t, &learning::by_rules(&t.thread))).collect()
    };
    let model = |threads: &[Labelled]| -> Vec<Judged> {
        threads.iter().map(|t| score::judge(t, &extract(&t.thread))).collect()
    };
    tell("own threads, rules alone", &rules(&own));
    let held_out = data::threads(&data::own().join("heldout"))?;
    tell("held-out threads", &model(&held_out));
    tell("held-out threads, rules alone", &rules(&held_out));
    if let Some(path) = data::shared("dev.jsonl") {
        let dev = data::read(&path)?;
        tell("dev", &model(&dev));
        tell("dev, rules alone", &rules(&dev));
    }
    if let Some(path) = data::shared("email-intent-train.tsv") {
        let lines = corpus::read(&path)?;
        let (precision, recall, f1) = corpus::cross_validate(&lines);
        say(&format!(
            "\n## request corpus, 5 folds ({} sentences)\nP {precision:.3} R {recall:.3} F1 {f1:.3}",
            lines.len()
        ));
    }
    Ok(())
}

fn tell(what: &str, judged: &[Judged]) {
    say(&format!("\n## {what} ({} threads)", judged.len()));
    for (name, kinds) in [
        ("request", &ACTIONS[..1]),
        ("commitment", &ACTIONS[1..2]),
        ("proposal", &ACTIONS[2..]),
        ("action items", &ACTIONS[..]),
        ("done", &UPDATES[..1]),
        ("blocked", &UPDATES[1..2]),
        ("reassign", &UPDATES[2..3]),
        ("due_change", &UPDATES[3..]),
        ("updates", &UPDATES[..]),
    ] {
        let q = score::of_kinds(judged, kinds, 0.0);
        let (low, high) = score::interval(judged, kinds);
        say(&format!("{name:13} P {:.3} R {:.3} F1 {:.3} ({low:.2}–{high:.2})", q.precision, q.recall, q.f1));
    }
    let auto = score::of_kinds(judged, &ACTIONS, extraction::thresholds().auto_action);
    let auto_updates = score::of_kinds(judged, &UPDATES, extraction::thresholds().auto_update);
    let details = score::details(judged);
    say(&format!(
        "P@R.90 {:.3}  P@R.60 {:.3}; auto P {:.3} R {:.3}; auto updates P {:.3} R {:.3}",
        score::best_at(judged, &ACTIONS, 0.9).0,
        score::best_at(judged, &ACTIONS, 0.6).0,
        auto.precision,
        auto.recall,
        auto_updates.precision,
        auto_updates.recall
    ));
    say(&format!(
        "owner {:.3} due {:.3} (dated {:.3}) task {:.3}; {:.1} false of 1,000 messages",
        details.owner, details.due, details.due_when_any, details.task, details.false_per_thousand
    ));
}
