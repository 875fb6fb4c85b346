//! Points in time as people write them after `before:` and `after:`.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Furthest a relative time reaches back, in hours: a century.
const MAX_HOURS_BACK: i64 = 100 * 366 * 24;

/// `YYYY-MM-DD`, `today` and `yesterday` are the beginning of the day in the time zone of `now`; `12h`,
/// `7d`, `2w` are so long before `now`; RFC 3339 is itself.
pub(super) fn parse_moment(value: &str, now: DateTime<FixedOffset>) -> Option<DateTime<Utc>> {
    let day = |date: NaiveDate| {
        let midnight = date.and_time(NaiveTime::MIN).and_local_timezone(now.timezone()).single()?;
        Some(midnight.to_utc())
    };
    let today = now.date_naive();
    let moment = match value.to_ascii_lowercase().as_str() {
        "today" => day(today),
        "yesterday" => day(today.checked_sub_days(Days::new(1))?),
        lower => relative(lower, now)
            .or_else(|| NaiveDate::parse_from_str(lower, "%Y-%m-%d").ok().and_then(day))
            .or_else(|| DateTime::parse_from_rfc3339(value).ok().map(|moment| moment.to_utc())),
    };
    moment.filter(|moment| (1900..10_000).contains(&moment.year()))
}

fn relative(value: &str, now: DateTime<FixedOffset>) -> Option<DateTime<Utc>> {
    let (count, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return None,
    };
    let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
    let count: i64 = count.parse().ok().filter(|_| digits)?;
    let back = count.checked_mul(hours).filter(|hours| *hours <= MAX_HOURS_BACK)?;
    now.to_utc().checked_sub_signed(TimeDelta::try_hours(back)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_time_zone_of_the_reader() {
        let now = DateTime::parse_from_rfc3339("2026-03-02T00:30:00+02:00").unwrap();
        for (written, meant) in [
            ("2026-02-01", "2026-01-31T22:00:00Z"),
            ("today", "2026-03-01T22:00:00Z"),
            ("Yesterday", "2026-02-28T22:00:00Z"),
            ("7d", "2026-02-22T22:30:00Z"),
            ("2w", "2026-02-15T22:30:00Z"),
            ("12h", "2026-03-01T10:30:00Z"),
            ("2026-02-01T10:00:00+01:00", "2026-02-01T09:00:00Z"),
        ] {
            let meant = DateTime::parse_from_rfc3339(meant).unwrap().to_utc();
            assert_eq!(parse_moment(written, now), Some(meant), "{written}");
        }
    }

    #[test]
    fn nonsense_is_no_moment() {
        let now = DateTime::parse_from_rfc3339("2026-03-02T00:30:00Z").unwrap();
        for written in ["", "d", "+7d", "99999999999999999d", "2026-02-30", "soon", "-0001-01-01", "é"] {
            assert_eq!(parse_moment(written, now), None, "{written}");
        }
    }
}
