//! Findings against labels, message by message and kind by kind, as `accept/score.py` counts them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use extraction::{Finding, Kind, Style};

use crate::{data::Labelled, logistic::Dice};

/// The kinds that are something new.
pub const ACTIONS: [Kind; 3] = [Kind::Request, Kind::Commitment, Kind::Proposal];
/// The kinds that speak of a task that exists.
pub const UPDATES: [Kind; 4] = [Kind::Done, Kind::Blocked, Kind::Reassign, Kind::DueChange];

/// A message and a kind.
type Key = (String, Kind);

#[derive(Debug, Clone)]
struct Detail {
    assignee: Option<String>,
    due_on: Option<NaiveDate>,
    task_key: Option<String>,
    confidence: f32,
}

/// One thread's labels and findings.
#[derive(Debug, Clone)]
pub struct Judged {
    /// How they talk in it.
    pub style: Style,
    gold: BTreeMap<Key, Detail>,
    found: BTreeMap<Key, Detail>,
    messages: usize,
}

impl Judged {
    /// How many messages the thread has.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages
    }
}

/// Lines findings up with labels. Of two of one kind in one message the surer one counts.
#[must_use]
pub fn judge(labelled: &Labelled, findings: &[Finding]) -> Judged {
    let gold = labelled.labels.iter().map(|label| {
        let detail = Detail {
            assignee: label.assignee.clone(),
            due_on: label.due_on,
            task_key: label.task_key.clone(),
            confidence: 1.0,
        };
        ((label.message_id.clone(), label.kind), detail)
    });
    let mut found: BTreeMap<Key, Detail> = BTreeMap::new();
    for finding in findings {
        let detail = Detail {
            assignee: finding.assignee.clone(),
            due_on: finding.due_on,
            task_key: finding.task_key.clone(),
            confidence: finding.confidence,
        };
        let kept = found.entry((finding.message_id.clone(), finding.kind)).or_insert_with(|| detail.clone());
        if kept.confidence < detail.confidence {
            *kept = detail;
        }
    }
    Judged {
        style: labelled.thread.style,
        gold: gold.collect(),
        found,
        messages: labelled.thread.messages.len(),
    }
}

/// Precision, recall and F1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Of what was found, how much was right.
    pub precision: f64,
    /// Of what there is, how much was found.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

impl Quality {
    /// F measure in which recall is worth so many times precision (van Rijsbergen 1979).
    #[must_use]
    pub fn f(&self, beta: f64) -> f64 {
        let (p, r, b) = (self.precision, self.recall, beta * beta);
        if p + r > 0.0 { (1.0 + b) * p * r / (b * p + r) } else { 0.0 }
    }
}

fn quality(right: usize, found: usize, gold: usize) -> Quality {
    let share = |of: usize| if of == 0 { 0.0 } else { right as f64 / of as f64 };
    let (precision, recall) = (share(found), share(gold));
    let f1 = if right == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
    Quality { precision, recall, f1 }
}

/// Quality of some kinds from a confidence on.
#[must_use]
pub fn of_kinds<'a>(judged: impl IntoIterator<Item = &'a Judged>, kinds: &[Kind], least: f32) -> Quality {
    let (mut right, mut found, mut gold) = (0, 0, 0);
    for thread in judged {
        let surely: BTreeSet<&Key> = thread
            .found
            .iter()
            .filter(|((_, kind), detail)| kinds.contains(kind) && detail.confidence >= least)
            .map(|(key, _)| key)
            .collect();
        let wanted: BTreeSet<&Key> = thread.gold.keys().filter(|(_, kind)| kinds.contains(kind)).collect();
        right += surely.intersection(&wanted).count();
        found += surely.len();
        gold += wanted.len();
    }
    quality(right, found, gold)
}

/// How many labels of some kinds there are.
#[must_use]
pub fn labels(judged: &[Judged], kinds: &[Kind]) -> usize {
    judged.iter().flat_map(|thread| thread.gold.keys()).filter(|(_, kind)| kinds.contains(kind)).count()
}

/// Quality of who says of every message the one kind with which that is best.
#[must_use]
pub fn always(judged: &[Judged], kinds: &[Kind]) -> Quality {
    let messages: usize = judged.iter().map(|thread| thread.messages).sum();
    let of = |kind: &Kind| quality(labels(judged, &[*kind]), messages, labels(judged, kinds));
    kinds.iter().map(of).max_by(|a, b| a.f1.total_cmp(&b.f1)).unwrap_or_else(|| quality(0, 0, 0))
}

/// The best precision at or above a recall, over thresholds of hundredths, and the threshold.
#[must_use]
pub fn best_at(judged: &[Judged], kinds: &[Kind], recall: f64) -> (f64, f32) {
    let at = (0..100_u8).map(|n| f32::from(n) / 100.0).map(|least| (of_kinds(judged, kinds, least), least));
    let reaching = at.filter(|(quality, _)| quality.recall >= recall);
    reaching
        .fold((0.0, 0.0), |best, (q, least)| if q.precision > best.0 { (q.precision, least) } else { best })
}

/// 95 of 100 draws of as many threads lie between these F1.
#[must_use]
pub fn interval(judged: &[Judged], kinds: &[Kind]) -> (f64, f64) {
    let mut dice = Dice::new(1);
    let mut drawn: Vec<f64> = (0..1_000)
        .map(|_| {
            let sample = (0..judged.len()).map(|_| &judged[dice.below(judged.len())]);
            of_kinds(sample, kinds, 0.0).f1
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    (drawn[25], drawn[974])
}

/// How often what was found has the right owner, date and task.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details {
    /// Owner, of action items and reassignments.
    pub owner: f64,
    /// Date or none, of action items and moved dates.
    pub due: f64,
    /// Date, where there is one.
    pub due_when_any: f64,
    /// Task, of updates.
    pub task: f64,
    /// What should not have been found, of a thousand messages.
    pub false_per_thousand: f64,
}

/// Looks at the details of what was rightly found.
#[must_use]
pub fn details(judged: &[Judged]) -> Details {
    let pairs = || {
        judged.iter().flat_map(|thread| {
            thread.gold.iter().filter_map(|(key, gold)| Some((key.1, gold, thread.found.get(key)?)))
        })
    };
    let share = |of: &dyn Fn(Kind, &Detail) -> bool, right: &dyn Fn(&Detail, &Detail) -> bool| {
        let some: Vec<_> = pairs().filter(|(kind, gold, _)| of(*kind, gold)).collect();
        some.iter().filter(|(_, gold, found)| right(gold, found)).count() as f64 / some.len().max(1) as f64
    };
    let dated = |kind: Kind| ACTIONS.contains(&kind) || kind == Kind::DueChange;
    let wrong: usize = judged
        .iter()
        .map(|thread| thread.found.keys().filter(|key| !thread.gold.contains_key(*key)).count())
        .sum();
    let messages: usize = judged.iter().map(|thread| thread.messages).sum();
    Details {
        owner: share(&|kind, _| ACTIONS.contains(&kind) || kind == Kind::Reassign, &|gold, found| {
            gold.assignee == found.assignee
        }),
        due: share(&|kind, _| dated(kind), &|gold, found| gold.due_on == found.due_on),
        due_when_any: share(&|kind, gold| dated(kind) && gold.due_on.is_some(), &|gold, found| {
            gold.due_on == found.due_on
        }),
        task: share(&|kind, _| kind.is_update(), &|gold, found| gold.task_key == found.task_key),
        false_per_thousand: 1_000.0 * wrong as f64 / messages.max(1) as f64,
    }
}

/// Messages of a kind that were missed, and that were found where nothing is, with how sure.
#[must_use]
pub fn mistakes(judged: &Judged, kind: Kind) -> Vec<(String, Option<f32>)> {
    let missed = judged.gold.keys().filter(|key| key.1 == kind && !judged.found.contains_key(*key));
    let wrong = judged.found.iter().filter(|(key, _)| key.1 == kind && !judged.gold.contains_key(*key));
    let missed = missed.map(|key| (key.0.clone(), None));
    missed.chain(wrong.map(|(key, detail)| (key.0.clone(), Some(detail.confidence)))).collect()
}
