//! The shared threads, scored as `accept/score.py` does. They served to write the rules: the floor guards against regress and
//! says nothing about unseen threads; `make eval` does.

use std::collections::BTreeMap;

use extraction::{
    Kind, Thread,
    output::{Label, thread_line},
};

#[derive(serde::Deserialize)]
struct Gold {
    #[serde(flatten)]
    thread: Thread,
    labels: Vec<GoldLabel>,
}

#[derive(serde::Deserialize)]
struct GoldLabel {
    message_id: String,
    kind: Kind,
    assignee: Option<String>,
    due_on: Option<chrono::NaiveDate>,
    task_key: Option<String>,
}

#[derive(Default)]
struct Tally {
    right: usize,
    gold: usize,
    found: usize,
    owners: usize,
    dates: usize,
    links: usize,
}

fn tally(row: &Gold, tally: &mut Tally) {
    let found: BTreeMap<(String, Kind), Label> =
        thread_line(&row.thread).labels.into_iter().map(|l| ((l.message_id.clone(), l.kind), l)).collect();
    let gold: BTreeMap<(String, Kind), &GoldLabel> =
        row.labels.iter().map(|l| ((l.message_id.clone(), l.kind), l)).collect();
    tally.found += found.len();
    tally.gold += gold.len();
    for (key, wanted) in &gold {
        let Some(label) = found.get(key) else { continue };
        tally.right += 1;
        tally.owners += usize::from(label.assignee == wanted.assignee);
        tally.dates += usize::from(label.due_on == wanted.due_on);
        tally.links += usize::from(label.task_key == wanted.task_key);
    }
}

/// Precision, recall, and the shares of owners, days and tasks that are right, each at least this.
fn holds(text: &str, least: [f64; 5]) {
    let mut sum = Tally::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        tally(&serde_json::from_str(line).unwrap(), &mut sum);
    }
    let share = |n: usize, of: usize| {
        f64::from(u32::try_from(n).unwrap()) / f64::from(u32::try_from(of.max(1)).unwrap())
    };
    let got = [
        share(sum.right, sum.found),
        share(sum.right, sum.gold),
        share(sum.owners, sum.right),
        share(sum.dates, sum.right),
        share(sum.links, sum.right),
    ];
    let what = ["precision", "recall", "owners", "dates", "tasks"];
    for ((what, got), least) in what.into_iter().zip(got).zip(least) {
        assert!(got >= least, "{what} {got:.3}, not {least}");
    }
}

#[test]
fn shared_threads_stay_above_the_floor() {
    let Some(text) = crate::shared("data/extraction/dev.jsonl") else { return };
    holds(&text, [0.80, 0.95, 0.95, 0.95, 0.95]);
}

#[test]
fn held_out_threads_stay_above_the_floor() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/heldout");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text: Vec<String> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    holds(&text.join("\n"), [0.80, 0.80, 0.85, 0.95, 0.95]);
}
