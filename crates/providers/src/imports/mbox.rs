//! A mailbox in mbox form.
//!
//! Mails follow one another, each begun by a postmark line `From …` after an empty line; a line of a mail that would
//! look like one carries a `>` more (mboxrd: RFC 4155 and <https://www.loc.gov/preservation/digital/formats/fdd/fdd000385.shtml>;
//! mboxo quotes the unquoted line alone, which reads the same). A record's body is the mail with its postmark, as it stands.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::instant;

pub(super) mod cut;
mod html;
mod nested;
pub(super) mod reading;
pub(super) mod split;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Whether the line begins a mail. Its date tells it from a sentence that begins with "From"; a postmark without a
/// date is taken where it is an address alone.
fn is_postmark(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let rest = String::from_utf8_lossy(rest.get(..rest.len().min(512)).unwrap_or_default());
    let mut words = rest.split_whitespace();
    let address_alone = words.next().is_some_and(|word| word.contains('@')) && words.next().is_none();
    let has_time = rest.split_whitespace().any(|word| time_of_day(word).is_some());
    let has_year = rest.split_whitespace().any(|word| year(word).is_some());
    address_alone || (has_time && has_year)
}

/// The date of a postmark: `Thu Nov  3 12:00:00 2022`, with an offset before or after the year where one is given.
fn postmark_date(line: &[u8]) -> Option<DateTime<Utc>> {
    let line = String::from_utf8_lossy(line.get(..line.len().min(512))?).into_owned();
    let words: Vec<&str> = line.split_whitespace().collect();
    let month_at = words.iter().rposition(|word| MONTHS.contains(word))?;
    let month = u32::try_from(MONTHS.iter().position(|month| Some(month) == words.get(month_at))?).ok()? + 1;
    let day: u32 = words.get(month_at + 1)?.parse().ok()?;
    let rest = words.get(month_at + 2..)?;
    let time = rest.iter().find_map(|word| time_of_day(word))?;
    let year = rest.iter().find_map(|word| year(word))?;
    let offset = rest.iter().find_map(|word| offset(word)).unwrap_or_default();
    let local = NaiveDate::from_ymd_opt(year, month, day)?.and_time(time);
    instant::plausible(local.checked_sub_signed(offset)?.and_utc().timestamp(), 0)
}

/// `12:00` or `12:00:00`.
fn time_of_day(word: &str) -> Option<NaiveTime> {
    let mut parts = word.split(':').map(|part| part.parse::<u32>().ok().filter(|_| part.len() <= 2));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_opt(hour, minute, second.min(59))
}

fn year(word: &str) -> Option<i32> {
    let digits = word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|year| digits && (1970..2200).contains(year))
}

/// `+0200`.
fn offset(word: &str) -> Option<TimeDelta> {
    let sign = match word.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = word.get(1..).filter(|digits| digits.len() == 4)?;
    let value: i64 = digits.parse().ok()?;
    TimeDelta::try_minutes(sign * (value / 100 * 60 + value % 100))
}

/// The postmark line, if there is one, and the mail after it.
fn without_postmark(body: &[u8]) -> (Option<&[u8]>, &[u8]) {
    if !body.starts_with(b"From ") {
        return (None, body);
    }
    let end = body.iter().position(|byte| *byte == b'\n').map_or(body.len(), |at| at + 1);
    let (postmark, mail) = body.split_at(end);
    (Some(postmark.trim_ascii_end()), mail)
}

#[cfg(test)]
mod tests {
    use super::{is_postmark, postmark_date};

    #[test]
    fn postmarks_are_told_from_sentences() {
        let postmarks = [
            "From alice@example.org Thu Nov  3 12:00:00 2022",
            "From 1748@xxx Thu Nov 03 12:00:00 +0000 2022",
            "From - Thu Nov  3 12:00 2022",
            "From alice at example.org  Thu Nov  3 12:00:00 2022",
            "From alice@example.org",
        ];
        for postmark in postmarks {
            assert!(is_postmark(postmark.as_bytes()), "{postmark}");
        }
        for sentence in [
            "From what I see, it works",
            "From: alice@example.org",
            "From 12:00 on we meet",
            "from a b 12:00:00 2022",
        ] {
            assert!(!is_postmark(sentence.as_bytes()), "{sentence}");
        }
    }

    #[test]
    fn postmark_dates_are_read_with_and_without_offset() {
        let read = |line: &str| postmark_date(line.as_bytes()).map(|date| date.to_rfc3339());
        assert_eq!(read("From a@b Thu Nov  3 12:00:00 2022").as_deref(), Some("2022-11-03T12:00:00+00:00"));
        assert_eq!(
            read("From a@b Thu Nov 03 12:00:00 +0200 2022").as_deref(),
            Some("2022-11-03T10:00:00+00:00")
        );
        assert_eq!(read("From a@b Thu Nov 31 12:00:00 2022"), None);
        assert_eq!(read("From a@b Thu Jan 1 00:00:00 1970"), None);
    }
}
