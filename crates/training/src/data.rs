//! Labelled threads, and which of their sentences say what.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use chrono::NaiveDate;
use extraction::{Kind, Thread, learning};
use serde::Deserialize;

/// A thread with what should be found in it.
#[derive(Debug, Clone, Deserialize)]
pub struct Labelled {
    /// The thread.
    #[serde(flatten)]
    pub thread: Thread,
    /// What is in it.
    pub labels: Vec<Label>,
}

/// What should be found in a message.
#[derive(Debug, Clone, Deserialize)]
pub struct Label {
    /// The message.
    pub message_id: String,
    /// What it is.
    pub kind: Kind,
    /// The words that say so; once in the message.
    pub quote: String,
    /// Who has to act, or owns it now.
    pub assignee: Option<String>,
    /// The day.
    pub due_on: Option<NaiveDate>,
    /// The task that is updated.
    pub task_key: Option<String>,
}

/// One sentence with what it says.
pub struct Sentence {
    /// Which thread it is of.
    pub thread: usize,
    /// Hashed.
    pub features: Vec<u64>,
    /// What a person found in it.
    pub kinds: BTreeSet<Kind>,
}

/// The folder of this project's own data.
#[must_use]
pub fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../extraction/data")
}

/// The shared data of the issue that ordered this, where it lies; it is never committed.
#[must_use]
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("OZ_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    Some(root.join("data/extraction").join(name)).filter(|path| path.is_file())
}

/// Every thread in the files of a folder, in the order of their names.
///
/// # Errors
/// When a file cannot be read, or a line is no labelled thread; the error names it.
pub fn threads(folder: &Path) -> anyhow::Result<Vec<Labelled>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(read(&file)?);
    }
    Ok(all)
}

/// The threads of one file.
///
/// # Errors
/// As [`threads`].
pub fn read(file: &Path) -> anyhow::Result<Vec<Labelled>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let place = || format!("{}:{}", file.display(), n + 1);
            let labelled: Labelled = serde_json::from_str(line).with_context(place)?;
            for label in &labelled.labels {
                let message = labelled.thread.messages.iter().find(|m| m.id == label.message_id);
                let once = message.is_some_and(|m| m.text.matches(&label.quote).count() == 1);
                ensure!(once, "{}: {:?} does not stand once in {}", place(), label.quote, label.message_id);
            }
            Ok(labelled)
        })
        .collect()
}

/// The sentences of threads with what they say.
#[must_use]
pub fn sentences(threads: &[Labelled]) -> Vec<Sentence> {
    threads.iter().enumerate().flat_map(|(n, labelled)| of_thread(n, labelled)).collect()
}

fn of_thread(thread: usize, labelled: &Labelled) -> Vec<Sentence> {
    let examples = learning::examples(&labelled.thread);
    let texts: HashMap<&str, &str> =
        labelled.thread.messages.iter().map(|m| (m.id.as_str(), m.text.as_str())).collect();
    let mut kinds: Vec<BTreeSet<Kind>> = vec![BTreeSet::new(); examples.len()];
    for label in &labelled.labels {
        let Some(begin) = texts.get(label.message_id.as_str()).and_then(|text| text.find(&label.quote))
        else {
            continue;
        };
        let end = begin + label.quote.len();
        let overlap = |example: &learning::Example| {
            example.bytes.end.min(end).saturating_sub(example.bytes.start.max(begin))
        };
        let of_message = || examples.iter().enumerate().filter(|(_, e)| e.message_id == label.message_id);
        // The sentence that shares most with the quote, and others that are mostly inside it.
        let most = of_message().max_by_key(|(n, example)| (overlap(example), std::cmp::Reverse(*n)));
        let inside = of_message().filter(|(_, example)| {
            let shared = overlap(example);
            shared * 10 >= example.bytes.len() * 6 && shared * 10 >= label.quote.len() * 3
        });
        for (n, example) in most.into_iter().chain(inside) {
            if overlap(example) > 0 {
                kinds[n].insert(label.kind);
            }
        }
    }
    let with_kinds = examples.into_iter().zip(kinds);
    with_kinds.map(|(example, kinds)| Sentence { thread, features: example.features, kinds }).collect()
}
