//! Whole archives, from bytes to facts.

mod git;
mod mbox;
mod properties;
mod slack_export;

use super::{ImportError, ImportKind, Record, Skips, Splitter, read_record};
use crate::{Activity, Fact, Reading};

/// Splits the archive fed in chunks of this size.
fn split(kind: ImportKind, archive: &[u8], chunk: usize) -> Result<(Vec<Record>, Skips), ImportError> {
    let mut splitter = Splitter::new(kind, "the scope");
    let mut records = Vec::new();
    for piece in archive.chunks(chunk.max(1)) {
        records.extend(splitter.push(piece)?);
    }
    records.extend(splitter.finish()?);
    assert_eq!(splitter.finish()?, Vec::new(), "nothing is yielded twice");
    Ok((records, splitter.skipped().clone()))
}

fn records(kind: ImportKind, archive: &[u8]) -> Vec<Record> {
    split(kind, archive, 4096).expect("archive").0
}

fn facts(kind: ImportKind, record: &Record) -> Vec<Fact> {
    match read_record(kind, &record.source, &record.body).expect("record") {
        Reading::Facts(facts) => facts,
        Reading::Skipped(reason) => panic!("skipped: {reason}"),
    }
}

fn activity(kind: ImportKind, record: &Record) -> Activity {
    let mut activities = facts(kind, record).into_iter().filter_map(|fact| match fact {
        Fact::Activity(activity) => Some(*activity),
        _ => None,
    });
    activities.next().expect("an activity")
}

fn count(skips: &Skips, reason: &str) -> u64 {
    skips.iter().find(|(counted, _)| *counted == reason).map_or(0, |(_, count)| count)
}
