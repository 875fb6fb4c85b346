//! Text into words, the same way for documents, queries, snippets and scores.
//!
//! Text is cut at whitespace and brackets into *runs*; each run is cut on its own, so that the words of a
//! run do not depend on what surrounds it: that is what makes a quoted part of a text find it again. A run is
//! cut into *segments* at the joints of URLs and addresses, a segment into words. Compounds are kept whole
//! beside their words.

use std::ops::Range;
use std::vec::IntoIter;

use unicode_segmentation::UnicodeSegmentation;

use crate::fold::{MAX_TERM, clip, fold, is_unspaced, stem, term};

/// A run of more characters is cut: a megabyte without a space costs no more than one with.
const MAX_RUN: usize = 256;
/// A compound of more words is known by its words and pairs only.
const MAX_COMPOUND_WORDS: usize = 16;
/// Longest compound whose words are also joined (`e-mail` → `email`).
const MAX_JOINED_WORDS: usize = 4;
/// Lengths to which people abbreviate a hexadecimal hash.
const HASH_ABBREVIATIONS: [usize; 4] = [7, 8, 10, 12];

/// Another form under which a word, or the compound that begins with it, is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub text: String,
    /// Bytes of the text that this form stands for.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Folded, not stemmed: what phrases compare.
    pub exact: String,
    /// What bare words compare.
    pub stem: String,
    pub forms: Vec<Form>,
}

impl Word {
    fn is_unspaced(&self) -> bool {
        self.exact.chars().next().is_some_and(is_unspaced)
    }

    /// The bytes that `form` stands for, when this word is known under it.
    pub fn found_as(&self, form: &str) -> Option<Range<usize>> {
        if self.stem == form {
            return Some(self.range.clone());
        }
        self.forms.iter().find(|known| known.text == form).map(|known| known.range.clone())
    }
}

/// The words of a text, lazily: taking n of them reads no more of the text than they need.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
    ready: IntoIter<Word>,
}

impl<'a> Words<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, ready: Vec::new().into_iter() }
    }

    fn next_run(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.find(|c| !is_break(c))?;
        let run = self.text.get(start..)?;
        let cut = run.char_indices().enumerate().find(|(n, (_, c))| *n == MAX_RUN || is_break(*c));
        self.at = start + cut.map_or(run.len(), |(_, (offset, _))| offset);
        Some(start..self.at)
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            if let Some(word) = self.ready.next() {
                return Some(word);
            }
            let run = self.next_run()?;
            self.ready = run_words(self.text, run).into_iter();
        }
    }
}

/// The runs of a text, each with its words.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = Vec<Word>> {
    let mut words = Words::new(text);
    std::iter::from_fn(move || words.next_run().map(|run| run_words(text, run)))
}

/// The first `limit` bytes of a text, cut at a character.
pub(crate) fn head(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

fn is_break(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | '"' | '`')
        || matches!(c, '“' | '”' | '„' | '«' | '»' | '…' | '—' | '–' | '•')
}

fn is_joint(c: char) -> bool {
    matches!(c, '/' | ':' | '?' | '&' | '=' | '#' | '%' | '\\' | '~' | '*' | '@' | '!' | '$' | '^')
}

fn run_words(text: &str, run: Range<usize>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut segments = 0;
    let mut start = run.start;
    let written = text.get(run.clone()).unwrap_or_default();
    for segment in written.split(is_joint) {
        let first = words.len();
        segment_words(segment, start, &mut words);
        start += segment.len() + 1;
        let Some(own) = words.get_mut(first..).filter(|own| !own.is_empty()) else { continue };
        segments += 1;
        keep_whole(text, own);
        keep_joined(text, own);
        keep_sigil(text, &run, first == 0, own);
    }
    if segments > 1 {
        keep_whole(text, &mut words);
    }
    keep_suffix(text, &run, &mut words);
    words
}

fn segment_words(segment: &str, start: usize, words: &mut Vec<Word>) {
    for (offset, found) in segment.unicode_word_indices() {
        let base = start + offset;
        let mut open = 0;
        for (at, grapheme) in found.grapheme_indices(true) {
            let first = grapheme.chars().next().unwrap_or(' ');
            let alone = is_unspaced(first);
            if alone || is_connector(first) {
                push_word(found, open..at, base, words);
                open = at + grapheme.len();
            }
            if alone {
                push_word(found, at..open, base, words);
            }
        }
        push_word(found, open..found.len(), base, words);
    }
}

/// Characters that Unicode keeps inside a word and people search around.
fn is_connector(c: char) -> bool {
    (c.is_ascii_punctuation() && c != '\'') || matches!(c, '·' | '‧' | '．' | '，' | '＿' | '：' | '‿')
}

fn push_word(found: &str, within: Range<usize>, base: usize, words: &mut Vec<Word>) {
    let Some(raw) = found.get(within.clone()).filter(|raw| !raw.is_empty()) else { return };
    let exact = term(raw);
    if !exact.contains(char::is_alphanumeric) {
        return;
    }
    let range = base + within.start..base + within.end;
    let mut forms = Vec::new();
    add_humps(raw, range.start, &mut forms);
    let mut also = |text: String| forms.push(Form { text, range: range.clone() });
    if exact.contains('\'') {
        also(stem(&exact.replace('\'', "")));
        exact.split('\'').filter(|piece| piece.chars().count() > 1).for_each(|piece| also(stem(piece)));
    }
    if is_hash(&exact) {
        HASH_ABBREVIATIONS.iter().filter_map(|n| exact.get(..*n)).for_each(|short| also(short.to_owned()));
    }
    words.push(Word { range, stem: stem(&exact), exact, forms });
}

fn is_hash(exact: &str) -> bool {
    exact.len() > 12
        && exact.bytes().all(|b| b.is_ascii_hexdigit())
        && exact.bytes().any(|b| b.is_ascii_digit())
        && exact.bytes().any(|b| b.is_ascii_alphabetic())
}

/// `HTTPServer` → `http`, `server`; single letters say nothing and are left out.
fn add_humps(raw: &str, base: usize, forms: &mut Vec<Form>) {
    let bytes = raw.as_bytes();
    if !raw.is_ascii() || bytes.len() > MAX_TERM || !bytes.iter().skip(1).any(u8::is_ascii_uppercase) {
        return;
    }
    let upper = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_uppercase);
    let lower = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_lowercase);
    let mut start = 0;
    for end in 1..=bytes.len() {
        let boundary = end == bytes.len() || (upper(end) && (!upper(end - 1) || lower(end + 1)));
        if !boundary {
            continue;
        }
        if end - start > 1 && end - start < bytes.len() {
            let text = stem(&raw.get(start..end).unwrap_or_default().to_ascii_lowercase());
            forms.push(Form { text, range: base + start..base + end });
        }
        start = end;
    }
}

fn span(words: &[Word]) -> Option<Range<usize>> {
    Some(words.first()?.range.start..words.last()?.range.end)
}

fn keep_whole(text: &str, words: &mut [Word]) {
    if !(2..=MAX_COMPOUND_WORDS).contains(&words.len()) || words.iter().any(Word::is_unspaced) {
        return;
    }
    let Some(range) = span(words) else { return };
    let whole = fold(text.get(range.clone()).unwrap_or_default());
    if whole.chars().count() <= MAX_TERM {
        add_form(words, Form { text: whole, range });
    }
}

fn keep_joined(text: &str, words: &mut [Word]) {
    let joinable = (2..=MAX_JOINED_WORDS).contains(&words.len())
        && !words.iter().any(Word::is_unspaced)
        && words.windows(2).all(|pair| match pair {
            [left, right] => text
                .get(left.range.end..right.range.start)
                .is_some_and(|between| between.chars().all(|c| matches!(c, '-' | '_' | '‐' | '‑'))),
            _ => false,
        });
    let Some(range) = span(words).filter(|_| joinable) else { return };
    let joined: String = words.iter().map(|word| word.exact.as_str()).collect();
    add_form(words, Form { text: stem(&clip(joined)), range });
}

/// `#123`, `!42`, `@anna`, `#general`: the mark in front is part of what people look for. Inside a run only
/// numbers keep theirs (`acme/api#123`).
fn keep_sigil(text: &str, run: &Range<usize>, leads: bool, words: &mut [Word]) {
    let Some(range) = span(words) else { return };
    let before = text.get(run.start..range.start).unwrap_or_default();
    let Some(sigil) = before.chars().next_back() else { return };
    let Some(first) = words.first() else { return };
    let number = words.len() == 1 && first.exact.bytes().all(|b| b.is_ascii_digit());
    let kept = match sigil {
        '#' => number || leads,
        '@' => leads,
        '!' => number,
        _ => false,
    };
    if !kept {
        return;
    }
    let name =
        if words.len() == 1 { first.stem.clone() } else { fold(text.get(range.clone()).unwrap_or_default()) };
    if name.chars().count() <= MAX_TERM {
        let range = range.start - sigil.len_utf8()..range.end;
        add_form(words, Form { text: format!("{sigil}{name}"), range });
    }
}

/// `c++`, `c#`: only after a word of one or two characters.
fn keep_suffix(text: &str, run: &Range<usize>, words: &mut [Word]) {
    let [word] = words else { return };
    let after = text.get(word.range.end..run.end).unwrap_or_default();
    let suffix: String = after.chars().take_while(|c| matches!(c, '+' | '#')).take(2).collect();
    if suffix.is_empty() || word.exact.chars().count() > 2 {
        return;
    }
    let range = word.range.start..word.range.end + suffix.len();
    let text = format!("{}{suffix}", word.exact);
    word.forms.push(Form { text, range });
}

fn add_form(words: &mut [Word], form: Form) {
    if let Some(first) = words.first_mut() {
        first.forms.push(form);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exacts(text: &str) -> Vec<String> {
        Words::new(text).map(|word| word.exact).collect()
    }

    fn forms(text: &str) -> Vec<String> {
        Words::new(text).flat_map(|word| word.forms).map(|form| form.text).collect()
    }

    #[test]
    fn identifiers_are_known_whole_and_by_their_parts() {
        assert_eq!(exacts("snake_case"), ["snake", "case"]);
        assert_eq!(forms("snake_case"), ["snake_case", "snakecas"]);
        assert_eq!(exacts("HTTPServer2"), ["httpserver2"]);
        assert_eq!(forms("HTTPServer"), ["http", "server"]);
        assert_eq!(forms("ABC-123"), ["abc-123", "abc123"]);
        assert_eq!(forms("e-mails"), ["e-mails", "email"]);
        assert_eq!(exacts("v1.2.3"), ["v1", "2", "3"]);
        assert_eq!(forms("v1.2.3"), ["v1.2.3"]);
    }

    #[test]
    fn marks_in_front_and_behind_are_kept() {
        assert_eq!(forms("(#123),"), ["#123"]);
        assert_eq!(forms("acme/api#123"), ["acme/api#123", "#123"]);
        assert_eq!(
            forms("@Anna's"),
            ["annas".to_owned(), "anna".to_owned(), "@anna".to_owned()].map(|f| stem(&f))
        );
        assert_eq!(forms("C++."), ["c++"]);
        assert!(forms("(done!)").is_empty());
    }

    #[test]
    fn addresses_and_urls_are_known_whole_and_by_their_parts() {
        assert_eq!(exacts("<anna.lee@example.org>"), ["anna", "lee", "example", "org"]);
        assert_eq!(
            forms("<anna.lee@example.org>"),
            ["anna.lee", "anna.lee@example.org", "example.org"]
                .map(String::from)
                .into_iter()
                .collect::<Vec<_>>()
                .as_slice()
        );
        let url = forms("https://example.org/user_guide/index.html?x=1.");
        for whole in
            ["example.org", "user_guide", "index.html", "https://example.org/user_guide/index.html?x=1"]
        {
            assert!(url.iter().any(|form| form == whole), "{whole} in {url:?}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_characters() {
        assert_eq!(exacts("東京タワーQ3"), ["東", "京", "タ", "ワ", "ー", "q3"]);
        assert_eq!(exacts("회의는"), ["회", "의", "는"]);
    }

    #[test]
    fn a_hash_is_known_by_its_usual_abbreviations() {
        let known = forms("3f2a91c0de45b6778899aabbccddeeff00112233");
        assert!(known.contains(&"3f2a91c".to_owned()), "{known:?}");
    }

    #[test]
    fn ranges_point_at_what_was_written() {
        let text = "Die Größe, naïve_Übung!";
        for word in Words::new(text) {
            assert_eq!(term(&text[word.range.clone()]), word.exact);
        }
    }

    #[test]
    fn a_megabyte_without_a_space_is_cut() {
        let text = "x".repeat(1 << 20);
        assert!(Words::new(&text).all(|word| word.exact.chars().count() == MAX_TERM));
        assert_eq!(Words::new(&text).count(), (1 << 20) / MAX_RUN);
    }
}
