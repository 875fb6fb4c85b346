//! What training and evaluation need to see of a thread.

use std::ops::Range;

pub use crate::model::{Calibration, KINDS, Table, TableError};
use crate::{
    Finding, Thread,
    decide::{self, Judge},
    extractor::walk,
    language,
};

/// One sentence as the model sees it.
#[derive(Debug, Clone)]
pub struct Example {
    /// The message.
    pub message_id: String,
    /// The sentence's bytes in it.
    pub bytes: Range<usize>,
    /// Hashed features, some several times.
    pub features: Vec<u64>,
}

/// The sentences of a thread that are somebody's own words.
#[must_use]
pub fn examples(thread: &Thread) -> Vec<Example> {
    let mut out = Vec::new();
    walk(
        thread,
        |_| true,
        |reader, facts| {
            out.extend(facts.iter().map(|facts| Example {
                message_id: reader.message.id.clone(),
                bytes: facts.view.sentence.bytes.clone(),
                features: facts.features(),
            }));
        },
    );
    out
}

/// What the rules alone find: the baseline.
#[must_use]
pub fn by_rules(thread: &Thread) -> Vec<Finding> {
    let mut out = Vec::new();
    walk(thread, |_| true, |reader, facts| out.extend(decide::findings(reader, facts, Judge::Rules)));
    out
}

/// What another model than the committed one finds.
#[must_use]
pub fn by_model(model: &Table, thread: &Thread) -> Vec<Finding> {
    let mut out = Vec::new();
    walk(thread, |_| true, |reader, facts| out.extend(decide::findings(reader, facts, Judge::Model(model))));
    language::english_only(thread, out)
}

/// What the committed model says of a sentence: a probability for each of [`KINDS`].
#[must_use]
pub fn classify(features: &[u64]) -> [f32; KINDS.len()] {
    crate::model::committed().probabilities(features)
}

/// Whether an author writes another language than English in a thread, so that nothing of theirs is found.
#[must_use]
pub fn is_left_alone(thread: &Thread, author: &str) -> bool {
    language::is_left_alone(thread, author)
}

/// The committed model's calibrations.
#[must_use]
pub fn calibrations() -> [Calibration; KINDS.len()] {
    crate::model::committed().calibrations
}
