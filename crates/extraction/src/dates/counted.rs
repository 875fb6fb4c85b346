//! Days counted from today: "in three days", "the end of next week", "a week from Monday".

use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    calendar,
    scan::{Scan, Short},
    words::{count, month, weekday},
};

/// "the day after tomorrow", "end of next week", "in three days", "a week from Monday".
pub(super) fn relative(scan: &Scan<'_, '_>, i: usize) -> Short {
    if scan.reads(i, &["day", "after", "tomorrow"]) && !(scan.capital(i) && scan.capital(i + 1)) {
        return calendar::plus_days(scan.today, 2).map(|d| (3, d));
    }
    match scan.word(i) {
        "tomorrow" if scan.back(i, 1) == "after" => None,
        "tomorrow" => calendar::plus_days(scan.today, 1).map(|d| (1, d)),
        "eow" => calendar::on_or_after(scan.today, Weekday::Fri).map(|d| (1, d)),
        "eom" | "month-end" => calendar::end_of_month(scan.today, 0).map(|d| (1, d)),
        "eoy" => NaiveDate::from_ymd_opt(scan.today.year(), 12, 31).map(|d| (1, d)),
        "eoq" => calendar::end_of_quarter(scan.today).map(|d| (1, d)),
        "end" if scan.word(i + 1) == "of" => end_of(scan, i + 2).map(|(len, d)| (len + 2, d)),
        "month" | "week"
            if matches!(scan.word(i + 1), "'s" | "end")
                && scan.word(i + 1 + usize::from(scan.word(i + 1) == "'s")) == "end" =>
        {
            end_of(scan, i).map(|(_, d)| (2 + usize::from(scan.word(i + 1) == "'s"), d))
        }
        "in" | "within" => counted(scan, i),
        "next" => next_week_day(scan, i),
        _ => from_now(scan, i),
    }
}

fn end_of(scan: &Scan<'_, '_>, from: usize) -> Short {
    let mut at = from;
    if matches!(scan.word(at), "the" | "this") {
        at += 1;
    }
    let next = scan.word(at) == "next";
    at += usize::from(next);
    let day = match scan.word(at) {
        "week" if next => calendar::in_week(scan.today, 1, Weekday::Fri),
        "week" => calendar::on_or_after(scan.today, Weekday::Fri),
        "month" => calendar::end_of_month(scan.today, u32::from(next)),
        "quarter" if !next => calendar::end_of_quarter(scan.today),
        "year" if !next => NaiveDate::from_ymd_opt(scan.today.year(), 12, 31),
        name => month(name).and_then(|m| calendar::end_of_named_month(scan.today, m)),
    };
    day.map(|d| (at + 1 - from, d))
}

/// "in three days", "within the next 10 days", "in a fortnight", "in two weeks".
fn counted(scan: &Scan<'_, '_>, i: usize) -> Short {
    let mut at = i + 1;
    while matches!(scan.word(at), "the" | "next" | "about" | "around" | "at" | "most") && at < i + 4 {
        at += 1;
    }
    span(scan, at, scan.today)
        .map(|(len, d)| (at + len - i, d))
        .filter(|(len, _)| scan.word(i + len) != "ago")
}

/// A number and a unit, added to `day`. "in a week" is 7 days.
pub(super) fn span(scan: &Scan<'_, '_>, at: usize, day: NaiveDate) -> Short {
    if scan.word(at) == "fortnight" {
        return calendar::plus_days(day, 14).map(|d| (1, d));
    }
    let n = count(scan.word(at)).or((scan.word(at) == "half").then_some(0))?;
    let mut unit = at + 1;
    if matches!(scan.word(unit), "an" | "full") {
        unit += 1;
    }
    let working = matches!(scan.word(unit), "working" | "business" | "work");
    unit += usize::from(working);
    let date = match scan.word(unit) {
        "day" | "days" if working => calendar::plus_working_days(day, n),
        "day" | "days" => calendar::plus_days(day, n),
        "week" | "weeks" => calendar::plus_days(day, n * 7),
        "fortnight" => calendar::plus_days(day, n * 14),
        "month" | "months" => calendar::plus_months(day, u32::try_from(n).ok()?),
        "hour" | "hours" | "hrs" => calendar::plus_days(day, if n >= 24 { n / 24 } else { 0 }),
        "minute" | "minutes" | "min" | "mins" => Some(day),
        _ => None,
    };
    date.map(|d| (unit + 1 - at, d))
}

/// "next week Tuesday", "next week on Tuesday", "next Friday".
fn next_week_day(scan: &Scan<'_, '_>, i: usize) -> Short {
    if scan.word(i + 1) == "week" {
        let at = if matches!(scan.word(i + 2), "on" | "," | "'s") { i + 3 } else { i + 2 };
        let day = weekday(scan.word(at))?;
        return calendar::in_week(scan.today, 1, day).map(|d| (at + 1 - i, d));
    }
    let day = weekday(scan.word(i + 1))?;
    let tomorrow = scan.today.succ_opt()?;
    calendar::on_or_after(tomorrow, day).map(|d| (2, d))
}

/// "a week from today", "two weeks from Monday", "3 days from now".
fn from_now(scan: &Scan<'_, '_>, i: usize) -> Short {
    count(scan.word(i))?;
    let (len, _) = span(scan, i, scan.today)?;
    if !matches!(scan.word(i + len), "from" | "on" | "after") {
        return None;
    }
    let (base_len, base) = match scan.word(i + len + 1) {
        "now" | "today" if scan.word(i + len) == "from" => (1, scan.today),
        "tomorrow" => (1, calendar::plus_days(scan.today, 1)?),
        name => (1, calendar::on_or_after(scan.today, weekday(name)?)?),
    };
    span(scan, i, base).map(|(_, d)| (len + 1 + base_len, d))
}
