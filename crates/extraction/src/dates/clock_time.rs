//! Clock times as people write them: `9:30`, `5pm`, `11:30 a.m.`, noon, `by 6 tonight`.

use super::scan::Scan;
use crate::tokens::Shape;

/// A clock time and the number of tokens it takes; the hour is unknown in "by 5" (morning or afternoon?).
pub(super) type Clock = (usize, Option<(u32, u32)>);

/// The clock time that begins at token `i`.
pub(super) fn parse(scan: &Scan<'_, '_>, i: usize) -> Option<Clock> {
    match scan.word(i) {
        "noon" | "midday" | "lunchtime" => return Some((1, Some((12, 0)))),
        "midnight" => return Some((1, Some((0, 0)))),
        _ => {}
    }
    if scan.shape(i) != Some(Shape::Number) || is_no_time(scan, i) {
        return None;
    }
    let (digits, suffix) = split_suffix(scan.word(i));
    let (half, extra) = match (suffix, scan.word(i + 1)) {
        ("am" | "a.m", _) => (Some(false), 0),
        ("pm" | "p.m", _) => (Some(true), 0),
        ("", "am" | "a.m") => (Some(false), 1),
        ("", "pm" | "p.m") => (Some(true), 1),
        ("", _) => (None, 0),
        _ => return None,
    };
    if let Some(pm) = half {
        let (hour, minute) = digits.split_once([':', '.']).unwrap_or((digits, "0"));
        let (hour, minute) = (number(hour)?, number(minute)?);
        let dot = usize::from(extra == 1 && scan.word(i + 2) == "." && scan.word(i + 1).contains('.'));
        return (1..=12)
            .contains(&hour)
            .then_some(())
            .filter(|()| minute < 60)
            .map(|()| (1 + extra + dot, Some((hour % 12 + if pm { 12 } else { 0 }, minute))));
    }
    if let Some((hour, minute)) = digits.split_once(':') {
        return pair(hour, minute, evening_near(scan, i + 1)).map(|t| (1, Some(t)));
    }
    let lead = scan.back(i, 1);
    if lead == "at"
        && let Some((hour, minute)) = digits.split_once('.')
    {
        return pair(hour, minute, false).map(|t| (1, Some(t)));
    }
    bare_hour(scan, i, digits)
}

/// "by 6 tonight", "at 18": a number alone is an hour only behind a preposition and before a pause.
fn bare_hour(scan: &Scan<'_, '_>, i: usize, digits: &str) -> Option<Clock> {
    let led = matches!(scan.back(i, 1), "at" | "by" | "before" | "until" | "till" | "til" | "around");
    let o_clock = matches!(scan.word(i + 1), "o'clock" | "o\u{2019}clock" | "oclock" | "sharp");
    let pause = scan.is_end(i + 1)
        || scan.is_mark(i + 1) && !matches!(scan.word(i + 1), "%" | "\u{20ac}" | "$" | "/" | "+" | "\u{b0}")
        || matches!(
            scan.word(i + 1),
            "tonight" | "today" | "tomorrow" | "this" | "please" | "on" | "latest" | "then"
        )
        || matches!(scan.word(i + 1), "in") && scan.word(i + 2) == "the"
        || super::words::weekday(scan.word(i + 1)).is_some();
    let hour = number(digits).filter(|h| *h < 24 && digits.len() <= 2)?;
    if !(o_clock || led && pause) || hour == 0 {
        return None;
    }
    let len = if o_clock { 2 } else { 1 };
    let evening = evening_near(scan, i + len);
    let time = match hour {
        1..=6 if !evening => None,
        1..=11 if evening => Some((hour + 12, 0)),
        _ => Some((hour, 0)),
    };
    Some((len, time))
}

fn evening_near(scan: &Scan<'_, '_>, i: usize) -> bool {
    (i..i + 3).any(|n| matches!(scan.word(n), "tonight" | "evening" | "afternoon" | "night"))
        && !(i..i + 3).any(|n| scan.word(n) == "morning")
}

fn is_no_time(scan: &Scan<'_, '_>, i: usize) -> bool {
    matches!(
        scan.back(i, 1),
        "the"
            | "since"
            | "ratio"
            | "score"
            | "scored"
            | "won"
            | "lost"
            | "page"
            | "verse"
            | "psalm"
            | "room"
            | "version"
            | "aspect"
    ) || matches!(
        scan.word(i + 1),
        "min" | "mins" | "minutes" | "hours" | "h" | "ratio" | "train" | "bus" | "flight" | "scale" | "long"
    ) || scan.back(i, 1) == "from" && matches!(scan.word(i + 1), "to")
}

fn split_suffix(word: &str) -> (&str, &str) {
    let cut = word.find(|c: char| c.is_alphabetic()).unwrap_or(word.len());
    word.split_at(cut)
}

fn number(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 4 { None } else { text.parse().ok() }
}

fn pair(hour: &str, minute: &str, evening: bool) -> Option<(u32, u32)> {
    if minute.len() != 2 || hour.len() > 2 {
        return None;
    }
    let (hour, minute) = (number(hour)?, number(minute)?);
    let hour = if evening && (1..12).contains(&hour) { hour + 12 } else { hour };
    (hour < 24 && minute < 60).then_some((hour, minute))
}
