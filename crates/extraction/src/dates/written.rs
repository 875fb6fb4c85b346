//! Days written with their number: `24.04.2027`, `3rd of May`, "by the 3rd".

use chrono::NaiveDate;

use super::{
    calendar,
    scan::{Scan, Short},
    words::{day_number, month, ordinal, weekday, year},
};
use crate::{lexicon, tokens::Shape};

/// `2026-10-31`, `24.04.2027`, `01.12.`, `5/12/2026`.
pub(super) fn numeric(scan: &Scan<'_, '_>, i: usize) -> Short {
    if scan.shape(i) != Some(Shape::Number) {
        return None;
    }
    let word = scan.word(i);
    for mark in ['-', '/', '.'] {
        let mut parts = word.split(mark);
        let (Some(a), Some(b)) = (parts.next(), parts.next()) else { continue };
        let (c, rest) = (parts.next(), parts.next());
        if rest.is_some() {
            return None;
        }
        if let Some(c) = c {
            if let Some(y) = year(a) {
                // `2026.12.1` is a version.
                if mark == '.' && (b.len() != 2 || c.len() != 2) {
                    return None;
                }
                return NaiveDate::from_ymd_opt(y, day_number(b)?, day_number(c)?).map(|d| (1, d));
            }
            let full_year = year(c).or_else(|| {
                (c.len() == 2 && a.len() == 2 && b.len() == 2)
                    .then(|| c.parse::<i32>().ok())
                    .flatten()
                    .map(|y| y + 2000)
            })?;
            let (day, month) = day_first(day_number(a)?, day_number(b)?);
            return NaiveDate::from_ymd_opt(full_year, month, day).map(|d| (1, d));
        }
        return short_numeric(scan, i, mark, a, b);
    }
    None
}

fn day_first(a: u32, b: u32) -> (u32, u32) {
    if b > 12 && a <= 12 { (b, a) } else { (a, b) }
}

/// `01.12.` and, behind a preposition of time, `01.12` and `1/12`. Versions, rooms and fractions look alike.
fn short_numeric(scan: &Scan<'_, '_>, i: usize, mark: char, a: &str, b: &str) -> Short {
    if mark == '-' {
        return None;
    }
    let lead = if scan.back(i, 1) == "the" { scan.back(i, 2) } else { scan.back(i, 1) };
    let near = scan
        .tokens
        .get(i)
        .zip(scan.tokens.get(i + 1))
        .is_some_and(|(t, next)| next.word == "." && next.start == t.end);
    let dot_inside = mark == '.' && near && !scan.is_end(i + 2) && !scan.capital(i + 2);
    let led = matches!(
        lead,
        "by" | "until" | "till" | "til" | "before" | "due" | "on" | "deadline" | "than" | "latest"
    ) || lead == ":" && matches!(scan.back(i, 2), "due" | "deadline" | "date")
        || weekday(scan.back(i, 1)).is_some()
        || scan.back(i, 1) == "," && weekday(scan.back(i, 2)).is_some();
    let thing = matches!(
        lead,
        "room"
            | "version"
            | "v"
            | "chapter"
            | "section"
            | "door"
            | "figure"
            | "table"
            | "release"
            | "python"
            | "rust"
            | "paragraph"
    );
    let opens = i == 0 && mark == '.' && near && a.len() == 2 && b.len() == 2;
    if thing || !(led || dot_inside || opens) {
        return None;
    }
    let (day, month) = day_first(day_number(a)?, day_number(b)?);
    let len = 1 + usize::from(mark == '.' && near);
    calendar::next_month_day(scan.today, month, day).map(|d| (len, d))
}

/// `14 August`, `3rd of May 2027`.
pub(super) fn day_month(scan: &Scan<'_, '_>, i: usize) -> Short {
    let day = day_number(scan.word(i)).or_else(|| ordinal(scan.word(i)))?;
    let mut at = i + 1;
    if scan.word(at) == "." {
        at += 1;
    }
    if scan.word(at) == "of" {
        at += 1;
    }
    let month = month(scan.word(at))?;
    if matches!(scan.word(at), "may" | "march")
        && at == i + 1
        && !scan.capital(at)
        && matches!(scan.word(at + 1), "be" | "not" | "have" | "well" | "go" | "come")
    {
        return None;
    }
    with_year(scan, i, at + 1, month, day)
}

/// `Sept 5th`, `May the 4th`, `April 1, 2027`.
pub(super) fn month_day(scan: &Scan<'_, '_>, i: usize) -> Short {
    let found = month(scan.word(i))?;
    let mut at = i + 1;
    while matches!(scan.word(at), "." | "the") {
        at += 1;
    }
    let word = scan.word(at);
    let day = day_number(word).or_else(|| ordinal(word))?;
    let verb_like = matches!(scan.word(i), "may" | "march") && !scan.capital(i);
    let counted = day_number(word).is_some()
        && scan.shape(at + 1) == Some(Shape::Word)
        && !matches!(scan.word(at + 1), "at" | "please" | "and" | "is" | "or")
        && !(i == 0 && matches!(scan.word(at + 1), "i" | "we"));
    if verb_like
        && (counted
            || matches!(
                scan.back(i, 1),
                "i" | "we" | "you" | "they" | "he" | "she" | "it" | "this" | "that" | "to" | "will"
            ))
    {
        return None;
    }
    let unit = matches!(
        scan.word(at + 1),
        "people" | "times" | "percent" | "%" | "euros" | "items" | "pieces" | "invoices"
    );
    if unit && day_number(word).is_some() {
        return None;
    }
    with_year(scan, i, at + 1, found, day)
}

fn with_year(scan: &Scan<'_, '_>, from: usize, at: usize, month: u32, day: u32) -> Short {
    let comma = usize::from(scan.word(at) == ",");
    if let Some(y) = year(scan.word(at + comma)) {
        return NaiveDate::from_ymd_opt(y, month, day).map(|d| (at + comma + 1 - from, d));
    }
    calendar::next_month_day(scan.today, month, day).map(|d| (at - from, d))
}

/// "by the 3rd", "on the 15th": needs a preposition, and no noun behind ("the 2nd floor").
pub(super) fn day_of_month(scan: &Scan<'_, '_>, i: usize) -> Short {
    let day = ordinal(scan.word(i))?;
    let article = scan.back(i, 1) == "the";
    let lead = if article { scan.back(i, 2) } else { scan.back(i, 1) };
    let led = matches!(
        lead,
        "by" | "on"
            | "until"
            | "till"
            | "til"
            | "before"
            | "for"
            | "from"
            | "to"
            | "due"
            | "than"
            | "is"
            | "of"
            | "latest"
    ) || weekday(lead).is_some()
        || lead == "," && weekday(scan.back(i, 3)).is_some();
    let next = scan.word(i + 1);
    let pause = scan.is_end(i + 1) || scan.is_mark(i + 1) && !matches!(next, "-" | "/");
    let function_word = lexicon::has(&lexicon::AFTER_A_DAY, next);
    let digits = scan.shape(i) == Some(Shape::Number);
    let loose = article && digits && pause && !matches!(lead, "and" | "between" | "in")
        || article
            && next == "is"
            && matches!(scan.word(i + 2), "when" | "fine" | "ok" | "okay" | "good" | "perfect")
        || article && digits && next == "at" && scan.shape(i + 2) == Some(Shape::Number)
        || digits && next == "latest";
    if !(led && (pause || function_word) && (digits || article) || loose) {
        return None;
    }
    calendar::next_day_of_month(scan.today, day).map(|d| (1, d))
}
