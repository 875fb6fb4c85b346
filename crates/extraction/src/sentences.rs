//! Lines, list markers and sentences over the tokens of one message.

use std::ops::Range;

use crate::{
    thread::Style,
    tokens::{Shape, Token},
};

/// What stands at the head of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    /// Plain prose.
    None,
    /// `*`, `-`, `•`.
    Bullet,
    /// `1.`, `2)`.
    Number,
    /// `- [ ]`: something open.
    Unticked,
    /// `- [x]`: something finished.
    Ticked,
}

/// One sentence: where it stands and of which tokens it is made.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    /// Bytes of the message, without marker and outer white space.
    pub bytes: Range<usize>,
    /// Indices into the tokens of the message.
    pub tokens: Range<usize>,
    /// The marker of its line.
    pub marker: Marker,
    /// Counts blank lines: sentences of one paragraph speak of one thing.
    pub paragraph: usize,
    /// Ends with a question mark.
    pub question: bool,
    /// The first of its line.
    pub heads_line: bool,
}

/// Tokens after which a sentence ends whatever stands there: rules look at whole sentences, and time must stay linear.
const LONGEST: usize = 200;

struct Line {
    bytes: Range<usize>,
    marker: Marker,
    paragraph: usize,
}

/// Cuts the message into sentences. A newline ends a sentence, except where a mail program wrapped a long line.
pub(crate) fn split(visible: &str, tokens: &[Token<'_>], style: Style) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut next = 0;
    for line in lines(visible, style) {
        let first = next;
        while tokens.get(next).is_some_and(|t| t.start < line.bytes.end) {
            next += 1;
        }
        let skipped = tokens[first..next].iter().take_while(|t| t.start < line.bytes.start).count();
        cut_line(visible, tokens, first + skipped..next, &line, &mut out);
    }
    out
}

fn lines(text: &str, style: Style) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let (mut at, mut paragraph) = (0, 0);
    let mut open_end = false;
    for raw in text.split_inclusive('\n') {
        let begin = at + (raw.len() - raw.trim_start().len());
        let end = at + raw.trim_end().len();
        at += raw.len();
        if begin >= end {
            paragraph += 1;
            open_end = false;
            continue;
        }
        let line = &text[begin..end];
        let (marker, width) = marker(line);
        let wrapped = open_end && marker == Marker::None && style != Style::Chat;
        match out.last_mut() {
            Some(last) if wrapped && continues(&text[last.bytes.clone()], line) => last.bytes.end = end,
            _ => out.push(Line { bytes: begin + width..end, marker, paragraph }),
        }
        open_end = end - begin >= 50;
    }
    out
}

/// Whether `line` goes on with the sentence that `before` left open.
fn continues(before: &str, line: &str) -> bool {
    let closed = before.ends_with(['.', '!', '?', ':', ';', '\u{2026}']);
    !closed && line.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '(' | '"' | '<' | '@'))
}

fn marker(line: &str) -> (Marker, usize) {
    let bytes = line.as_bytes();
    let bullet = ["- ", "* ", "+ ", "\u{2022} ", "\u{2022}", "\u{2013} ", "\u{25e6} ", "\u{00b7} "]
        .iter()
        .find(|b| line.starts_with(**b));
    let after_bullet = bullet.map_or(0, |b| b.len());
    let rest = &line[after_bullet..];
    for (text, kind) in [
        ("[ ] ", Marker::Unticked),
        ("[] ", Marker::Unticked),
        ("\u{2610} ", Marker::Unticked),
        ("[x] ", Marker::Ticked),
        ("[X] ", Marker::Ticked),
        ("\u{2611} ", Marker::Ticked),
        ("\u{2705} ", Marker::Ticked),
    ] {
        if rest.starts_with(text) && (bullet.is_some() || kind == Marker::Unticked || text.starts_with('[')) {
            return (kind, after_bullet + text.len());
        }
    }
    if bullet.is_some() {
        return (Marker::Bullet, after_bullet);
    }
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let numbered = (1..=2).contains(&digits)
        && matches!(bytes.get(digits), Some(b'.' | b')'))
        && bytes.get(digits + 1) == Some(&b' ');
    if numbered { (Marker::Number, digits + 2) } else { (Marker::None, 0) }
}

fn cut_line(text: &str, tokens: &[Token<'_>], range: Range<usize>, line: &Line, out: &mut Vec<Sentence>) {
    let mut first = range.start;
    let mut begin = line.bytes.start;
    let mut heads_line = true;
    for i in range.clone() {
        if i - first < LONGEST && !ends_here(tokens, i, range.end) {
            continue;
        }
        let end = tokens[i].end;
        push(text, tokens, begin..end, first..i + 1, line, heads_line, out);
        (first, begin, heads_line) = (i + 1, end, false);
    }
    if first < range.end {
        push(text, tokens, begin..line.bytes.end, first..range.end, line, heads_line, out);
    }
}

fn push(
    text: &str,
    tokens: &[Token<'_>],
    bytes: Range<usize>,
    range: Range<usize>,
    line: &Line,
    heads_line: bool,
    out: &mut Vec<Sentence>,
) {
    let slice = &text[bytes.clone()];
    let begin = bytes.start + (slice.len() - slice.trim_start().len());
    let end = bytes.start + slice.trim_end().len();
    let words = &tokens[range.clone()];
    if begin >= end || words.iter().all(Token::is_mark) {
        return;
    }
    // "Can you send it? <@U2>": the call behind the sentence belongs to it.
    let only_called = words.iter().all(|t| t.is_mark() || t.shape == Shape::Mention);
    let joins = |last: &&mut Sentence| {
        let is_next = !heads_line && last.tokens.end == range.start;
        is_next && last.tokens.len() + range.len() <= LONGEST
    };
    if let Some(last) = out.last_mut().filter(|_| only_called).filter(joins) {
        (last.bytes.end, last.tokens.end) = (end, range.end);
        return;
    }
    let question = words.iter().rev().take_while(|t| t.is_mark()).any(|t| t.word == "?");
    out.push(Sentence {
        bytes: begin..end,
        tokens: range,
        marker: line.marker,
        paragraph: line.paragraph,
        question,
        heads_line,
    });
}

/// Whether the mark at `i` ends a sentence: a full stop of an abbreviation, an initial or a date does not.
fn ends_here(tokens: &[Token<'_>], i: usize, end: usize) -> bool {
    let token = &tokens[i];
    if !token.is_mark() || !matches!(token.word, "." | "!" | "?" | "\u{2026}") {
        return false;
    }
    let Some(next) = tokens.get(i + 1).filter(|_| i + 1 < end) else { return true };
    if next.start == token.end {
        return false;
    }
    if token.word != "." || token.quoted {
        return !token.quoted;
    }
    let Some(before) = i.checked_sub(1).map(|p| &tokens[p]).filter(|b| b.end == token.start) else {
        return true;
    };
    match before.shape {
        Shape::Number => !is_ordinal_dot(before.word, next),
        Shape::Word => !is_abbreviation(before, next),
        _ => true,
    }
}

/// `01.12. please`, `3. Mai`: the dot belongs to the number when a sentence cannot begin after it.
fn is_ordinal_dot(word: &str, next: &Token<'_>) -> bool {
    let dotted = word.len() <= 5 && word.contains('.');
    (dotted || word.len() <= 2) && !next.capital && next.shape != Shape::Mark
}

fn is_abbreviation(word: &Token<'_>, next: &Token<'_>) -> bool {
    match word.word {
        "mr" | "mrs" | "ms" | "dr" | "prof" | "st" | "mt" | "jr" | "e.g" | "i.e" | "vs" | "approx"
        | "ext" | "cf" | "fig" | "nr" => true,
        "no" => next.shape == Shape::Number,
        "jan" | "feb" | "mar" | "apr" | "jun" | "jul" | "aug" | "sep" | "sept" | "oct" | "nov" | "dec" => {
            next.shape == Shape::Number
        }
        "mon" | "tue" | "tues" | "wed" | "thu" | "thur" | "thurs" | "fri" | "sat" | "sun" => {
            next.shape == Shape::Number
        }
        "a.m" | "p.m" | "etc" | "inc" | "ltd" | "co" => !next.capital,
        w => w.chars().count() == 1 && word.capital && next.capital && w != "i",
    }
}
