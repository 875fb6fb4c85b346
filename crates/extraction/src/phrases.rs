//! Tables of phrases, each written as one string (`is stuck | on hold`) and looked up by their first word.

use crate::rules::View;

/// Phrases sorted by their first words.
#[derive(Debug)]
pub(crate) struct Phrases(Vec<Vec<&'static str>>);

impl Phrases {
    /// Reads a table: phrases between `|`, words between spaces.
    pub fn parse(table: &'static str) -> Self {
        let words = |phrase: &'static str| phrase.split_ascii_whitespace().collect::<Vec<_>>();
        let mut all: Vec<Vec<&str>> =
            table.split('|').map(words).filter(|phrase| !phrase.is_empty()).collect();
        all.sort_unstable();
        Self(all)
    }

    /// Whether the sentence holds one of them, outside quotation marks.
    pub fn are_in(&self, view: &View<'_, '_>) -> bool {
        (0..view.tokens.len()).any(|i| self.begin_at(view, i))
    }

    fn begin_at(&self, view: &View<'_, '_>, i: usize) -> bool {
        let head = view.word(i);
        let from = self.0.partition_point(|phrase| phrase[0] < head);
        self.0[from..].iter().take_while(|phrase| phrase[0] == head).any(|phrase| view.reads(i, phrase))
    }
}
