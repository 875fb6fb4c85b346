//! The calendar's vocabulary.

use chrono::Weekday;

/// A weekday's name or abbreviation.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" => Weekday::Mon,
        "tuesday" | "tue" | "tues" => Weekday::Tue,
        "wednesday" | "wed" | "weds" | "wednesdy" => Weekday::Wed,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thu,
        "friday" | "fri" => Weekday::Fri,
        "saturday" | "sat" => Weekday::Sat,
        "sunday" | "sun" => Weekday::Sun,
        _ => return misspelt(word),
    })
}

/// A weekday's name with one letter missing, too many, wrong or swapped with its neighbour.
fn misspelt(word: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Mon),
        ("tuesday", Weekday::Tue),
        ("wednesday", Weekday::Wed),
        ("thursday", Weekday::Thu),
        ("friday", Weekday::Fri),
        ("saturday", Weekday::Sat),
        ("sunday", Weekday::Sun),
    ];
    if matches!(word, "wensday" | "wendsday" | "wendesday") {
        return Some(Weekday::Wed);
    }
    // Neither "mondays" nor "sundry".
    let ends = ["day", "ady", "dya", "dy", "ay"].iter().any(|end| word.ends_with(end));
    let meant = NAMES.iter().find(|(name, _)| {
        ends && name.as_bytes()[0] == word.as_bytes()[0] && one_slip(word.as_bytes(), name.as_bytes())
    })?;
    Some(meant.1)
}

fn one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], _) | (_, []) => false,
        ([_, rest @ ..], whole) if rest == whole => true,
        (whole, [_, rest @ ..]) if rest == whole => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([first, second, a @ ..], [third, fourth, b @ ..]) => a == b && first == fourth && second == third,
        _ => false,
    }
}

/// A month's name or abbreviation, 1 to 12.
pub(super) fn month(word: &str) -> Option<u32> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

/// A count in digits or letters, at most 999.
pub(super) fn count(word: &str) -> Option<u64> {
    const WORDS: [&str; 14] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen",
    ];
    if let Some(i) = WORDS.iter().position(|w| *w == word) {
        return u64::try_from(i + 1).ok();
    }
    match word {
        "a" | "an" => Some(1),
        "thirty" => Some(30),
        _ if word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()) => word.parse().ok(),
        _ => None,
    }
}

/// `3rd`, `15th`, `fifth`, `twenty-first`: a day of the month.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    const WORDS: [&str; 31] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
        "twenty-first",
        "twenty-second",
        "twenty-third",
        "twenty-fourth",
        "twenty-fifth",
        "twenty-sixth",
        "twenty-seventh",
        "twenty-eighth",
        "twenty-ninth",
        "thirtieth",
        "thirty-first",
    ];
    if let Some(i) = WORDS.iter().position(|w| *w == word) {
        return u32::try_from(i + 1).ok();
    }
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|suffix| word.strip_suffix(suffix))?;
    day_number(digits)
}

/// `1` to `31`, in digits.
pub(super) fn day_number(word: &str) -> Option<u32> {
    if word.is_empty() || word.len() > 2 {
        return None;
    }
    word.parse().ok().filter(|n| (1..=31).contains(n))
}

/// `2026`.
pub(super) fn year(word: &str) -> Option<i32> {
    if word.len() == 4 { word.parse().ok().filter(|n| (1990..2200).contains(n)) } else { None }
}
