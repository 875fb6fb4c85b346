//! The public request corpus: sentences of mails with Yes or No by its own rules, which are a hint and not a truth.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use anyhow::Context;
use chrono::DateTime;
use extraction::{Message, Participant, Style, Thread, learning};

use crate::{
    fit::SEED,
    logistic::{self, Dice, Row},
};

/// Parts for cross-validation.
const FOLDS: usize = 5;
/// As in training.
const COST: f64 = 1.0;

/// A sentence with its Yes or No.
pub struct Line {
    features: Vec<u64>,
    yes: bool,
    /// Letters and digits: the same for duplicates.
    key: String,
}

/// Reads the corpus.
///
/// # Errors
/// When the file cannot be read or a line has no label.
pub fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let (label, text) =
                line.split_once('\t').with_context(|| format!("line {} has no label", n + 1))?;
            let key = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            Ok(Line { features: features(text), yes: label == "Yes", key })
        })
        .collect()
}

fn features(text: &str) -> Vec<u64> {
    let person = |id: &str| Participant {
        id: id.into(),
        name: String::new(),
        handle: String::new(),
        bot: Some(false),
    };
    let message =
        Message { id: "m".into(), author: "a".into(), at: DateTime::UNIX_EPOCH, text: text.to_owned() };
    let thread = Thread {
        thread_id: String::new(),
        style: Style::Mail,
        now: DateTime::UNIX_EPOCH,
        participants: vec![person("a"), person("b"), person("c")],
        open_tasks: Vec::new(),
        messages: vec![message],
    };
    learning::examples(&thread).into_iter().flat_map(|example| example.features).collect()
}

/// Precision, recall and F1 of Yes by models that have seen neither the sentence nor a duplicate of it.
#[must_use]
pub fn cross_validate(lines: &[Line]) -> (f64, f64, f64) {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        groups.entry(&line.key).or_default();
    }
    let mut order: Vec<&str> = groups.keys().copied().collect();
    Dice::new(SEED).shuffle(&mut order);
    for (n, key) in order.into_iter().enumerate() {
        groups.insert(key, n % FOLDS);
    }
    let mut columns: HashMap<u64, u32> = HashMap::new();
    for hash in lines.iter().flat_map(|line| &line.features) {
        let next = u32::try_from(columns.len() + 1).unwrap_or(u32::MAX);
        columns.entry(*hash).or_insert(next);
    }
    let row = |line: &Line| -> Row {
        let mut row: Row = vec![(0, 1.0)];
        let mut known: Vec<u32> = line.features.iter().map(|hash| columns[hash]).collect();
        known.sort_unstable();
        known.dedup();
        row.extend(known.into_iter().map(|column| (column, 1.0)));
        row
    };
    let rows: Vec<Row> = lines.iter().map(row).collect();
    let (mut right, mut found) = (0.0, 0.0);
    for held in 0..FOLDS {
        let (seen, unseen): (Vec<usize>, Vec<usize>) =
            (0..lines.len()).partition(|n| groups[lines[*n].key.as_str()] != held);
        let refs: Vec<&Row> = seen.iter().map(|n| &rows[*n]).collect();
        let positive: Vec<bool> = seen.iter().map(|n| lines[*n].yes).collect();
        let weights = logistic::fit(&refs, &positive, columns.len() + 1, COST, SEED);
        for n in unseen {
            if logistic::dot(&weights, &rows[n]) > 0.0 {
                found += 1.0;
                right += f64::from(u8::from(lines[n].yes));
            }
        }
    }
    let yes = lines.iter().filter(|line| line.yes).count() as f64;
    let (precision, recall) = (right / f64::max(found, 1.0), right / yes.max(1.0));
    (precision, recall, 2.0 * precision * recall / (precision + recall).max(1e-9))
}
