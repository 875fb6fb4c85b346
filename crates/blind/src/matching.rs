//! Where a query matches a text in the clear: for snippets, scores and the check of phrases.

use std::ops::Range;

use crate::document::{MAX_TEXT_WORDS, MAX_TITLE_WORDS};
use crate::query::{Needle, Query};
use crate::words::{Word, Words};

/// One place where a needle of a query is in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    /// Which of the query's needles.
    pub needle: usize,
    /// Which of the text's words it begins with.
    pub word: usize,
    /// The bytes of the text.
    pub range: Range<usize>,
}

/// Every match of every needle that is not negated, in the order of the text.
pub(crate) fn find(words: &[Word], query: &Query) -> Vec<Match> {
    let wanted: Vec<(usize, &Needle)> =
        query.needles.iter().enumerate().filter(|(_, needle)| !needle.negated).collect();
    let mut matches = Vec::new();
    for word in 0..words.len() {
        for (number, needle) in &wanted {
            if let Some(range) = needle.found_at(words, word) {
                matches.push(Match { needle: *number, word, range });
            }
        }
    }
    matches
}

impl Needle {
    /// The bytes that match, when the needle begins with this word.
    fn found_at(&self, words: &[Word], at: usize) -> Option<Range<usize>> {
        let first = words.get(at)?;
        if self.quoted && !self.run.is_empty() {
            return self.run_at(words, at);
        }
        self.forms.iter().find_map(|form| first.found_as(form)).or_else(|| self.run_at(words, at))
    }

    fn run_at(&self, words: &[Word], at: usize) -> Option<Range<usize>> {
        let run = words.get(at..at + self.run.len()).filter(|run| !run.is_empty())?;
        let equal = run.iter().zip(&self.run).all(|(word, wanted)| word.exact == *wanted);
        Some(run.first()?.range.start..run.last()?.range.end).filter(|_| equal)
    }

    fn is_in(&self, words: &[Word]) -> bool {
        (0..words.len()).any(|at| self.found_at(words, at).is_some())
    }
}

/// Whether every quoted phrase of the query is in the title or in the text, and no negated one in either:
/// exact words in sequence, without regard to case, accents and punctuation. Words that are not in quotes
/// are not looked at. The same part of a huge text is read that was indexed.
#[must_use]
pub fn phrase_matches(title: &str, text: &str, query: &Query) -> bool {
    let quoted: Vec<&Needle> = query.needles.iter().filter(|needle| needle.quoted).collect();
    if quoted.is_empty() {
        return true;
    }
    let title: Vec<Word> = Words::new(title).take(MAX_TITLE_WORDS).collect();
    let text: Vec<Word> = Words::new(text).take(MAX_TEXT_WORDS).collect();
    quoted.iter().all(|needle| needle.negated != (needle.is_in(&title) || needle.is_in(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(title: &str, text: &str, query: &str) -> bool {
        let query = crate::parse(query, chrono::DateTime::UNIX_EPOCH).unwrap();
        phrase_matches(title, text, &query)
    }

    #[test]
    fn a_phrase_is_exact_words_in_sequence() {
        assert!(matches("", "We ship the Résumé-parser, today.", "\"the resume parser today\""));
        assert!(!matches("", "parser today, the resume, resume parser", "\"the resume parser today\""));
        assert!(matches("running late", "", "\"running late\""));
        assert!(!matches("", "run late", "\"running\""));
        assert!(!matches("one", "two", "\"one two\""));
        assert!(matches("", "anything", "word -other"));
    }

    #[test]
    fn a_negated_phrase_must_be_in_neither() {
        assert!(!matches("a b c", "", "x -\"a b c\""));
        assert!(matches("a b", "b c", "x -\"a b c\""));
    }
}
