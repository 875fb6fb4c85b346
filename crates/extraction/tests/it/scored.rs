//! The shared threads, scored as `accept/score.py` does. They served to write the rules: the floor guards against regress and
//! says nothing about unseen threads.

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

#[test]
fn shared_threads_stay_above_the_floor() {
    let Some(text) = crate::shared("data/extraction/dev.jsonl") else { return };
    let mut sum = Tally::default();
    for line in text.lines() {
        tally(&serde_json::from_str(line).unwrap(), &mut sum);
    }
    let share = |n: usize, of: usize| {
        f64::from(u32::try_from(n).unwrap()) / f64::from(u32::try_from(of.max(1)).unwrap())
    };
    assert!(share(sum.right, sum.gold) >= 0.95, "recall {} of {}", sum.right, sum.gold);
    assert!(share(sum.right, sum.found) >= 0.95, "precision {} of {}", sum.right, sum.found);
    assert!(share(sum.owners, sum.right) >= 0.95, "owners {} of {}", sum.owners, sum.right);
    assert!(share(sum.dates, sum.right) >= 0.95, "dates {} of {}", sum.dates, sum.right);
    assert!(share(sum.links, sum.right) >= 0.95, "links {} of {}", sum.links, sum.right);
}
