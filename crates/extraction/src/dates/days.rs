//! Calendar days as people write them: numbers and names of months first, then days counted from today.

use chrono::NaiveDate;

use super::{
    calendar, counted,
    scan::{Scan, Short},
    words::{month, weekday},
    written,
};
use crate::tokens::Shape;

/// How much a day says about itself; when two stand side by side the stronger one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// "EOD", "tonight": gives way to any named day.
    Today,
    /// Weekdays and counted days.
    Relative,
    /// Day and month.
    Full,
}

/// Tokens taken, the day, its strength.
pub(super) type Day = (usize, NaiveDate, Strength);

/// The day that begins at token `i`.
pub(super) fn parse(scan: &Scan<'_, '_>, i: usize) -> Option<Day> {
    let full = || {
        written::numeric(scan, i)
            .or_else(|| written::day_month(scan, i))
            .or_else(|| written::month_day(scan, i))
    };
    full()
        .map(|(len, date)| (len, date, Strength::Full))
        .or_else(|| today(scan, i))
        .or_else(|| {
            counted::relative(scan, i)
                .or_else(|| named_weekday(scan, i))
                .map(|(len, date)| (len, date, Strength::Relative))
        })
        .or_else(|| written::day_of_month(scan, i).map(|(len, date)| (len, date, Strength::Full)))
}

fn today(scan: &Scan<'_, '_>, i: usize) -> Option<Day> {
    let len = match scan.word(i) {
        // COB LEDs
        "cob" if scan.capital(i + 1) && weekday(scan.word(i + 1)).is_none() => return None,
        "today" | "tonight" | "eod" | "cob" | "eob" => 1,
        "this" if matches!(scan.word(i + 1), "afternoon" | "evening" | "morning") => 2,
        "end" | "close" if scan.word(i + 1) == "of" && scan.back(i, 2) != "at" => {
            let at = if matches!(scan.word(i + 2), "the" | "this") { i + 3 } else { i + 2 };
            match scan.word(at) {
                "day" | "business" | "play" => at + 1 - i,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((len, scan.today, Strength::Today))
}

/// A weekday with what moves it to another week.
fn named_weekday(scan: &Scan<'_, '_>, i: usize) -> Short {
    let day = weekday(scan.word(i))?;
    if !is_weekday_here(scan, i) {
        return None;
    }
    let of = usize::from(scan.word(i + 1) == "of");
    if scan.reads(i + 1 + of, &["next", "week"]) {
        return calendar::in_week(scan.today, 1, day).map(|d| (3 + of, d));
    }
    let soonest = calendar::on_or_after(scan.today, day)?;
    if scan.reads(i + 1, &["after", "next"]) {
        return calendar::plus_days(soonest, 7).map(|d| (3, d));
    }
    if scan.word(i + 1) == "in"
        && let Some((len, date)) = counted::span(scan, i + 2, soonest)
        && matches!(scan.word(i + 1 + len), "week" | "weeks" | "fortnight")
    {
        return Some((2 + len, date));
    }
    Some((1, soonest))
}

/// Names, holidays, recurring days and the verb "sat" are no weekdays.
fn is_weekday_here(scan: &Scan<'_, '_>, i: usize) -> bool {
    let (before, word, next) = (scan.back(i, 1), scan.word(i), scan.word(i + 1));
    let named = matches!(
        before,
        "man"
            | "girl"
            | "black"
            | "good"
            | "ash"
            | "cyber"
            | "palm"
            | "fat"
            | "freaky"
            | "casual"
            | "bloody"
            | "blue"
            | "ruby"
            | "joe"
            | "super"
            | "happy"
            | "manic"
            | "sheffield"
            | "every"
            | "each"
            | "any"
            | "'s"
    );
    let title = scan.capital(i + 1)
        && scan.shape(i + 1) == Some(Shape::Word)
        && scan.capital(i)
        && weekday(next).is_none()
        && month(next).is_none()
        && !matches!(next, "i" | "eod" | "cob" | "eob")
        || matches!(next, "school" | "times" | "blues" | "roast")
        || scan.reads(i + 1, &[".", "com"])
        || scan.reads(i + 1, &["the", "13th"])
        || scan.reads(i + 1, &["night", "lights"]);
    let short_ok = !matches!(word, "sat" | "sun" | "wed" | "mon")
        || matches!(
            before,
            "on" | "by"
                | "this"
                | "next"
                | "until"
                | "till"
                | "before"
                | "for"
                | "due"
                | "and"
                | "or"
                | ","
                | "-"
                | "("
                | "/"
                | "coming"
                | "eod"
                | "cob"
                | "eob"
        )
        || scan.reads(i + 1, &["next", "week"])
        || scan.capital(i) && i == 0 && matches!(next, ":" | ",")
        || scan.capital(i) && i > 0 && before != "the"
        || matches!(scan.shape(i + 1), Some(Shape::Number))
        || matches!(next, "morning" | "evening" | "afternoon" | "night" | "noon")
        || word == "wed" && before.is_empty() && scan.capital(i);
    !named && !title && short_ok
}
