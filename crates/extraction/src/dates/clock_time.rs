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
    if let Some(found) = spoken(scan, i).or_else(|| spelled_hour(scan, i)) {
        return Some(found);
    }
    if scan.shape(i) != Some(Shape::Number) || is_no_time(scan, i) {
        return None;
    }
    let (digits, suffix) = split_suffix(scan.word(i));
    if digits.len() == 4 && suffix.is_empty() && matches!(scan.word(i + 1), "hrs" | "hours") {
        return pair(&digits[..2], &digits[2..], false).map(|t| (2, Some(t)));
    }
    if digits == "12" && suffix.is_empty() && matches!(scan.word(i + 1), "noon" | "midday") {
        return Some((2, Some((12, 0))));
    }
    let beside_day = super::words::weekday(scan.back(i, 1)).is_some()
        || scan.back(i, 1).split(['.', '/', '-']).count() == 3;
    if let Some(minute) = suffix.strip_prefix('h').filter(|_| is_led(scan, i) || beside_day) {
        let minute = if minute.is_empty() { "00" } else { minute };
        return pair(digits, minute, false).map(|t| (1, Some(t)));
    }
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
        return pair(hour, minute, evening_near(scan, i, i + 1)).map(|t| (1, Some(t)));
    }
    if let Some((hour, minute)) = digits.split_once('.')
        // "by 14.00" is no day, "by 14.10" may be one.
        && (scan.back(i, 1) == "at" || is_led(scan, i) && number(minute).is_some_and(|m| m == 0 || m > 12))
    {
        return pair(hour, minute, false).map(|t| (1, Some(t)));
    }
    bare_hour(scan, i, digits)
}

/// "by 6 tonight", "at 18": a number alone is an hour only behind a preposition and before a pause.
fn bare_hour(scan: &Scan<'_, '_>, i: usize, digits: &str) -> Option<Clock> {
    let led = is_led(scan, i);
    let o_clock = matches!(scan.word(i + 1), "o'clock" | "o\u{2019}clock" | "oclock" | "sharp");
    let pause = scan.is_end(i + 1)
        || scan.is_mark(i + 1) && !matches!(scan.word(i + 1), "%" | "\u{20ac}" | "$" | "/" | "+" | "\u{b0}")
        || matches!(
            scan.word(i + 1),
            "tonight" | "today" | "tomorrow" | "this" | "please" | "on" | "latest" | "then" | "i" | "we"
        )
        || matches!(scan.word(i + 1), "in") && scan.word(i + 2) == "the"
        || super::words::weekday(scan.word(i + 1)).is_some();
    let hour = number(digits).filter(|h| *h < 24 && digits.len() <= 2)?;
    if !(o_clock || led && pause) || hour == 0 {
        return None;
    }
    let len = if o_clock { 2 } else { 1 };
    let evening = evening_near(scan, i, i + len);
    let time = match hour {
        1..=6 if !evening => None,
        1..=11 if evening => Some((hour + 12, 0)),
        _ => Some((hour, 0)),
    };
    Some((len, time))
}

/// "half past three", "quarter to nine", "ten past four".
fn spoken(scan: &Scan<'_, '_>, i: usize) -> Option<Clock> {
    let minutes = match scan.word(i) {
        "half" => 30,
        "quarter" => 15,
        word => super::words::count(word).and_then(|n| u32::try_from(n).ok()).filter(|n| *n < 30)?,
    };
    let from = i + 1 + usize::from(matches!(scan.word(i + 1), "minutes" | "mins"));
    let before = match scan.word(from) {
        "past" => false,
        "to" if minutes != 30 => true,
        _ => return None,
    };
    let hour = super::words::count(scan.word(from + 1)).and_then(|n| u32::try_from(n).ok());
    let hour = hour.filter(|h| (1..=12).contains(h))?;
    // "from two to three" and "ten to five people" are no times.
    let loose = !matches!(scan.word(i), "half" | "quarter");
    let pause = scan.is_end(from + 2) || scan.is_mark(from + 2);
    if loose && !(is_led(scan, i) && (pause || part_of_day(scan, from + 2))) {
        return None;
    }
    let (hour, minute) = if before { (hour + 11, 60 - minutes) } else { (hour, minutes) };
    let len = from + 2 - i;
    let evening = evening_near(scan, i, i + len);
    Some((len, Some((hour % 12 + if evening { 12 } else { 0 }, minute))))
}

/// "at seven in the evening", "by nine tonight", "at ten o'clock".
fn spelled_hour(scan: &Scan<'_, '_>, i: usize) -> Option<Clock> {
    if scan.shape(i) != Some(Shape::Word) || !is_led(scan, i) || matches!(scan.word(i), "a" | "an") {
        return None;
    }
    let hour = super::words::count(scan.word(i)).and_then(|n| u32::try_from(n).ok())?;
    let o_clock = matches!(scan.word(i + 1), "o'clock" | "o\u{2019}clock" | "oclock" | "sharp");
    let len = 1 + usize::from(o_clock);
    if !(1..=12).contains(&hour) || !(o_clock || part_of_day(scan, i + 1)) {
        return None;
    }
    let evening = evening_near(scan, i, i + len);
    let known = evening || hour > 6 || (i + len..i + len + 3).any(|n| scan.word(n) == "morning");
    Some((len, known.then_some((hour % 12 + if evening || hour == 12 { 12 } else { 0 }, 0))))
}

fn is_led(scan: &Scan<'_, '_>, i: usize) -> bool {
    matches!(scan.back(i, 1), "at" | "by" | "before" | "until" | "till" | "til" | "around")
}

fn part_of_day(scan: &Scan<'_, '_>, i: usize) -> bool {
    let at = i + if scan.reads(i, &["in", "the"]) { 2 } else { 0 };
    let at = at + usize::from(matches!(scan.word(at), "this" | "tomorrow"));
    matches!(scan.word(at), "tonight" | "morning" | "afternoon" | "evening")
}

/// A part of the day beside the hour at `from..to`, behind it or close before it.
fn evening_near(scan: &Scan<'_, '_>, from: usize, to: usize) -> bool {
    let late = |word: &str| matches!(word, "tonight" | "evening" | "afternoon" | "night");
    let behind = (to..to + 3).map(|n| scan.word(n));
    let before =
        (1..=3).map(|n| scan.back(from, n)).take_while(|word| !matches!(*word, "." | ";" | "!" | "?"));
    let near: Vec<&str> = behind.chain(before).collect();
    near.iter().any(|word| late(word)) && !near.contains(&"morning")
}

fn is_no_time(scan: &Scan<'_, '_>, i: usize) -> bool {
    // `parser.go:17:30`
    let glued = |n: usize| scan.tokens[n - 1].end == scan.tokens[n].start;
    if i > 1 && matches!(scan.back(i, 1), ":" | "/") && glued(i) && glued(i - 1) {
        return true;
    }
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
