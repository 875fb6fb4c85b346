//! A document into the text form of its `tsvector`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::fold::clip;
use crate::key::{Field, SearchKey};
use crate::labels::{person_terms, place_terms};
use crate::words::Words;
use crate::{Has, State, has};

/// Words of a title that are indexed; the rest is cut.
pub const MAX_TITLE_WORDS: usize = 256;
/// Words of a text that are indexed; the rest is cut.
pub const MAX_TEXT_WORDS: usize = 5_000;

/// Distinct terms of one document. At 13 bytes and a few positions each, far below the 1 MB of a `tsvector`.
const MAX_TERMS: usize = 16_000;
/// Highest position PostgreSQL keeps.
const MAX_POSITION: usize = 16_383;
/// Positions kept per term; PostgreSQL would keep 255.
const MAX_POSITIONS: usize = 64;
/// Names of one field that are indexed.
const MAX_LABELS: usize = 200;

/// What can be searched of one thing, in the clear.
#[derive(Default, Clone, Copy)]
pub struct Document<'a> {
    /// Title, subject or file name.
    pub title: &'a str,
    /// Body as plain text or Markdown.
    pub text: &'a str,
    /// For `from:`: names, handles, e-mail addresses and account ids of who wrote it.
    pub authors: &'a [&'a str],
    /// For `in:`: keys, names and ids of the source it comes from, with or without `#`.
    pub places: &'a [&'a str],
    /// For `assignee:`: names, handles, e-mail addresses and account ids of who shall do it.
    pub assignees: &'a [&'a str],
    /// For `state:`, of tasks.
    pub state: Option<State>,
    /// For `has:`: what the caller knows; links, code, mentions and questions in the text are also detected.
    pub has: &'a [Has],
}

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// Input of `::tsvector`, to be bound as a text parameter. Empty for an empty document, which is valid.
    pub tsvector: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    position: u16,
    title: bool,
}

#[derive(Default)]
struct Terms(HashMap<(Field, String), Vec<Place>>);

impl Terms {
    fn add(&mut self, field: Field, term: String, place: Option<Place>) {
        let full = self.0.len() >= MAX_TERMS;
        let key = (field, term);
        if full && !self.0.contains_key(&key) {
            return;
        }
        let places = self.0.entry(key).or_default();
        places.extend(place.filter(|place| places.len() < MAX_POSITIONS && places.last() != Some(place)));
    }

    /// Adds the words and pairs of a text whose first word stands at `first`; returns the position after it.
    fn add_text(&mut self, text: &str, first: usize, limit: usize, title: bool) -> usize {
        let mut previous: Option<String> = None;
        let mut position = first;
        for word in Words::new(text).take(limit) {
            let kept = u16::try_from(position.min(MAX_POSITION)).unwrap_or(u16::MAX);
            let place = Some(Place { position: kept, title });
            self.add(Field::Word, word.stem, place);
            word.forms.into_iter().for_each(|form| self.add(Field::Word, form.text, place));
            if let Some(left) = previous.replace(word.exact) {
                let right = previous.as_deref().unwrap_or_default();
                self.add(Field::Pair, pair(&left, right), None);
            }
            position += 1;
        }
        position
    }

    fn add_labels(&mut self, field: Field, labels: &[&str], terms: fn(&str) -> Vec<String>) {
        for term in labels.iter().take(MAX_LABELS).flat_map(|label| terms(label)) {
            self.add(field, clip(term), None);
        }
    }
}

/// The term of two neighbouring words. A word never contains a zero, so no two pairs have the same term.
pub(crate) fn pair(left: &str, right: &str) -> String {
    format!("{left}\0{right}")
}

/// Indexes a document under an organization's key. Huge texts are cut at [`MAX_TEXT_WORDS`], titles at
/// [`MAX_TITLE_WORDS`]; the cost is linear in what is kept.
#[must_use]
pub fn index(key: &SearchKey, document: &Document<'_>) -> Indexed {
    let mut terms = Terms::default();
    // Operators first: they must not fall to the limit of a long text.
    terms.add_labels(Field::From, document.authors, person_terms);
    terms.add_labels(Field::In, document.places, place_terms);
    terms.add_labels(Field::Assignee, document.assignees, person_terms);
    if let Some(state) = document.state {
        terms.add(Field::State, state.as_str().to_owned(), None);
    }
    for has in document.has.iter().copied().chain(has::detect(document.text)) {
        terms.add(Field::Has, has.as_str().to_owned(), None);
    }
    let after_title = terms.add_text(document.title, 1, MAX_TITLE_WORDS, true);
    // A gap of one, so that the title's last word is no neighbour of the text's first.
    terms.add_text(document.text, after_title + 1, MAX_TEXT_WORDS, false);
    Indexed { tsvector: write_tsvector(key, terms) }
}

fn write_tsvector(key: &SearchKey, terms: Terms) -> String {
    let blind: BTreeMap<String, Vec<Place>> =
        terms.0.into_iter().map(|((field, term), places)| (key.lexeme(field, &term), places)).collect();
    let mut out = String::with_capacity(blind.len() * 18);
    for (lexeme, places) in blind {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&lexeme);
        for (n, place) in places.iter().enumerate() {
            let separator = if n == 0 { ':' } else { ',' };
            let weight = if place.title { "A" } else { "" };
            // Writing into a String cannot fail.
            let _ = write!(out, "{separator}{}{weight}", place.position);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SearchKey {
        SearchKey::new(&[3; 32])
    }

    fn entry(indexed: &Indexed, field: Field, term: &str) -> Option<String> {
        let lexeme = key().lexeme(field, term);
        let entry = indexed.tsvector.split(' ').find(|entry| entry.starts_with(&lexeme))?;
        Some(entry[lexeme.len()..].to_owned())
    }

    #[test]
    fn words_carry_positions_and_the_title_weighs_more() {
        let document = Document { title: "Invoice run", text: "the invoices ran", ..Document::default() };
        let indexed = index(&key(), &document);
        assert_eq!(entry(&indexed, Field::Word, "invoic").as_deref(), Some(":1A,5"));
        assert_eq!(entry(&indexed, Field::Pair, "the\0invoices").as_deref(), Some(""));
        assert_eq!(entry(&indexed, Field::Pair, "run\0the"), None);
    }

    #[test]
    fn operators_have_terms_of_their_own() {
        let document = Document {
            text: "is `x` done?",
            authors: &["Anna Lee", "acc_1"],
            places: &["#general"],
            state: Some(State::Open),
            ..Document::default()
        };
        let indexed = index(&key(), &document);
        for (field, term) in [
            (Field::From, "lee"),
            (Field::From, "acc_1"),
            (Field::In, "general"),
            (Field::State, "open"),
            (Field::Has, "code"),
            (Field::Has, "question"),
        ] {
            assert!(entry(&indexed, field, term).is_some(), "{term}");
        }
        assert_eq!(entry(&indexed, Field::Word, "anna"), None);
    }

    #[test]
    fn a_huge_document_stays_within_the_limits_of_a_tsvector() {
        let text: String = (0..200_000).map(|n| format!("w{n}_x{n}@y{n} ")).collect();
        let indexed = index(&key(), &Document { title: &text, text: &text, ..Document::default() });
        assert!(indexed.tsvector.len() < 600_000, "{}", indexed.tsvector.len());
        assert!(indexed.tsvector.split(' ').count() <= MAX_TERMS);
        let again = "again ".repeat(100_000);
        let indexed = index(&key(), &Document { text: &again, ..Document::default() });
        assert_eq!(indexed.tsvector.split(',').count(), MAX_POSITIONS);
    }

    #[test]
    fn an_empty_document_is_an_empty_vector() {
        assert_eq!(index(&key(), &Document::default()).tsvector, "");
    }
}
