//! Due dates out of words, without a date library's grammar: GUIDELINES.md's table and the look-alikes that are no dates.

mod calendar;
mod clock_time;
mod counted;
mod days;
mod scan;
mod words;
mod written;

use std::ops::Range;

use chrono::NaiveDate;

pub(crate) use scan::Lead;
use scan::Scan;

use crate::tokens::Token;
use days::Strength;

/// A day in a text.
#[derive(Debug, Clone)]
pub(crate) struct When {
    /// Indices of its tokens.
    pub tokens: Range<usize>,
    pub date: NaiveDate,
    pub time: Option<(u32, u32)>,
    pub lead: Lead,
    strength: Strength,
}

/// Every day that `tokens` name as still to come, in reading order.
pub(crate) fn find(tokens: &[Token<'_>], today: NaiveDate) -> Vec<When> {
    let scan = Scan { tokens, today };
    let mut out: Vec<When> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if !may_begin(&scan, i) {
            i += 1;
            continue;
        }
        let Some(found) = piece(&scan, i) else {
            i += 1;
            continue;
        };
        i = found.tokens.end;
        if !is_past(&scan, &found) && !is_none(&scan, &found) {
            join(&scan, &mut out, found);
        }
    }
    out
}

/// Cheap test that keeps ordinary words away from the parsers.
fn may_begin(scan: &Scan<'_, '_>, i: usize) -> bool {
    match scan.word(i).as_bytes() {
        [first, ..] if first.is_ascii_digit() => true,
        [_, _, ..] => !scan.is_mark(i),
        [b'a'] => true,
        _ => false,
    }
}

fn piece(scan: &Scan<'_, '_>, i: usize) -> Option<When> {
    if let Some((len, date, strength)) = days::parse(scan, i) {
        return Some(When {
            tokens: i..i + len,
            date,
            time: None,
            lead: scan.lead(i).max_in(scan, i),
            strength,
        });
    }
    let (len, time) = clock_time::parse(scan, i)?;
    // A day from which something moves falls; an hour from which something takes place does not.
    let lead = if scan.back(i, 1) == "from" { Lead::On } else { scan.lead(i) };
    Some(When { tokens: i..i + len, date: scan.today, time, lead, strength: Strength::Today })
}

impl Lead {
    /// "in" and "within" are part of the date and its lead at once.
    fn max_in(self, scan: &Scan<'_, '_>, i: usize) -> Self {
        if self == Self::Bare && matches!(scan.word(i), "within" | "eod" | "cob" | "eom" | "eow" | "end") {
            Self::Deadline
        } else {
            self
        }
    }
}

fn is_past(scan: &Scan<'_, '_>, when: &When) -> bool {
    let i = when.tokens.start;
    let before = if scan.back(i, 1) == "the" { scan.back(i, 2) } else { scan.back(i, 1) };
    if matches!(before, "last" | "past" | "since" | "previous" | "yesterday")
        || before == "this" && scan.back(i, 2) == "past"
        || matches!(before, "at" | "around") && scan.back(i, 2) == "yesterday"
    {
        return true;
    }
    matches!(when.lead, Lead::On | Lead::Bare | Lead::Of)
        && (scan.reports_past(i) || scan.opens_report(i, when.tokens.end))
        || when.date < scan.today
}

/// Days that are named and still not when something is due.
fn is_none(scan: &Scan<'_, '_>, when: &When) -> bool {
    scan.is_turned_down(when.tokens.end)
        || when.strength > Strength::Today && scan.is_attribute(when.tokens.start, when.tokens.end)
}

/// Joins what belongs together: "Wednesday, 18 March at 9:30" is one day with a time.
fn join(scan: &Scan<'_, '_>, out: &mut Vec<When>, found: When) {
    let Some(last) = out.last_mut() else {
        out.push(found);
        return;
    };
    let gap = last.tokens.end..found.tokens.start;
    let close = gap.len() <= 3
        && gap.clone().all(|n| {
            matches!(
                scan.word(n),
                "," | "at"
                    | "on"
                    | "the"
                    | "("
                    | ")"
                    | "by"
                    | "before"
                    | "morning"
                    | "evening"
                    | "afternoon"
                    | "night"
                    | "around"
                    | "about"
                    | "sharp"
                    | "@"
                    | "until"
                    | "till"
                    | "from"
                    | "latest"
                    | "."
                    | "of"
            )
        });
    let clash = last.strength == found.strength
        && last.time.is_none() == found.time.is_none()
        && last.date != found.date;
    if !close || clash || matches!(found.lead, Lead::To | Lead::Old) {
        out.push(found);
        return;
    }
    if found.strength > last.strength {
        last.date = found.date;
        last.strength = found.strength;
    }
    last.time = last.time.or(found.time);
    let only_hour = found.time.is_some() && found.strength == Strength::Today;
    if last.lead == Lead::Bare && !only_hour || found.lead == Lead::Deadline {
        last.lead = found.lead;
    }
    last.tokens.end = found.tokens.end;
}
