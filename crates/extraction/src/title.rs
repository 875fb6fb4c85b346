//! A short imperative for the eye: the words from the verb on, without the date and what follows it.

use crate::{
    dates::When,
    rules::Signal,
    tokens::{Shape, Token},
};

/// The longest title, in characters.
const LONGEST: usize = 90;

/// The title of a new item. `text` is the visible message, `tokens` are the sentence's.
pub(crate) fn of_action(text: &str, tokens: &[Token<'_>], dates: &[When], signal: &Signal) -> String {
    let replaces = signal.lead_word.is_some_and(|w| w.starts_with(char::is_lowercase));
    let first = signal.verb + usize::from(replaces);
    let end = end_of(tokens, dates, signal.verb);
    let mut words: Vec<&str> = signal.lead_word.into_iter().collect();
    let mut at = None;
    for token in tokens.get(first..end.max(first)).unwrap_or(&[]) {
        // An opened contraction has two tokens at one place.
        if at == Some(token.start) || matches!(token.word, "please" | "kindly") {
            continue;
        }
        at = Some(token.start);
        words.push(text.get(token.start..token.end).unwrap_or(""));
    }
    clip(&capitalised(&join(&words)))
}

fn end_of(tokens: &[Token<'_>], dates: &[When], verb: usize) -> usize {
    let stop = |i: usize| {
        let token = &tokens[i];
        let titled = matches!(tokens[i - 1].word, "mr" | "mrs" | "ms" | "dr" | "prof" | "st");
        let ends = !(titled && token.word == ".")
            && matches!(
                token.word,
                "." | "?" | "!" | ";" | ":" | "(" | "\u{2026}" | "\u{2013}" | "\u{2014}" | ","
            );
        let emoji = token.shape == Shape::Mark
            && token.word.len() >= 3
            && !matches!(token.word, "\u{2019}" | "\u{201c}" | "\u{201d}" | "\u{20ac}");
        ends || emoji
            || i > verb + 2 && matches!(token.word, "because" | "since" | "so" | "as" | "once" | "but")
            || dates.iter().any(|d| ends_with_date(tokens, d, i))
    };
    (verb + 1..tokens.len()).find(|i| stop(*i)).unwrap_or(tokens.len())
}

/// Whether the words at `i` are a date that stands apart; in "my sunday shift" it is part of the thing.
fn ends_with_date(tokens: &[Token<'_>], when: &When, i: usize) -> bool {
    let owned = i
        .checked_sub(1)
        .and_then(|p| tokens.get(p))
        .is_some_and(|t| matches!(t.word, "my" | "your" | "our" | "his" | "her" | "their" | "a"));
    begins(tokens, when) == i && !owned
}

/// Where the phrase of a date begins, its prepositions included.
fn begins(tokens: &[Token<'_>], when: &When) -> usize {
    let mut at = when.tokens.start;
    while at > 0
        && matches!(
            tokens[at - 1].word,
            "by" | "on"
                | "the"
                | "until"
                | "till"
                | "before"
                | "at"
                | "than"
                | "later"
                | "no"
                | "this"
                | "due"
                | "latest"
                | "within"
        )
    {
        at -= 1;
    }
    at
}

fn join(words: &[&str]) -> String {
    let mut out = String::new();
    for word in words.iter().filter(|w| !w.is_empty()) {
        let glued = out.is_empty()
            || matches!(*word, "," | "." | "%" | ")" | "'" | "\u{2019}" | "\"")
            || out.ends_with(['(', '/'])
            || *word == "/";
        if !glued {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn clip(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{words}\u{2026}")
}
