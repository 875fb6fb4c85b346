//! Days, ISO weeks and months, all in UTC, and the ranges that can be asked for.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Weekday};

/// Most cells of one answer.
pub(crate) const MOST_CELLS: usize = 400;
/// Days shown when nothing else is asked for.
const DEFAULT_DAYS: u64 = 30;
/// Years that can be asked for: beyond, nothing is counted.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// The length of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    Day,
    Week,
    Month,
}

/// Days from the first to before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

/// What is wrong with a question about time; which field, and a word for the person who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpanError {
    #[error("expected day, week or month")]
    Bucket,
    #[error("expected an ISO date between 1970-01-01 and 2199-12-31")]
    From,
    #[error("expected an ISO date between 1970-01-01 and 2199-12-31")]
    To,
    #[error("must not be before from")]
    Order,
    #[error("at most {MOST_CELLS} cells at once: ask for a shorter time or a longer bucket")]
    TooLong,
}

impl SpanError {
    /// The field at fault.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::From => "from",
            Self::To | Self::Order | Self::TooLong => "to",
        }
    }
}

impl Bucket {
    pub(crate) const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Empty: day.
    pub(crate) fn parse(text: &str) -> Result<Self, SpanError> {
        if text.is_empty() {
            return Ok(Self::Day);
        }
        Self::ALL.into_iter().find(|bucket| bucket.name() == text).ok_or(SpanError::Bucket)
    }

    /// The bucket that a day lies in.
    pub(crate) fn around(self, day: NaiveDate) -> Span {
        let (from, to) = match self {
            Self::Day => (day, day.checked_add_days(Days::new(1))),
            Self::Week => {
                let monday = day.week(Weekday::Mon).first_day();
                (monday, monday.checked_add_days(Days::new(7)))
            }
            Self::Month => (month_of(day), month_of(day).checked_add_months(Months::new(1))),
        };
        Span { from, to: to.unwrap_or(NaiveDate::MAX) }
    }
}

impl Span {
    /// Whether the day lies in it.
    pub(crate) fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day < self.to
    }

    /// Its buckets, whose first may begin before it and whose last may end after it.
    pub(crate) fn cells(self, bucket: Bucket) -> impl Iterator<Item = Span> {
        std::iter::successors(Some(bucket.around(self.from)), move |cell| Some(bucket.around(cell.to)))
            .take_while(move |cell| cell.from < self.to)
    }

    /// The range asked for, aligned outward to whole buckets, so that it cannot slide over the days of a cell. `to` is exclusive
    /// as a cell's is; equal to `from` it means that day.
    pub(crate) fn asked(from: &str, to: &str, bucket: Bucket, today: NaiveDate) -> Result<Self, SpanError> {
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let to = if to.is_empty() { None } else { Some(parse(to).ok_or(SpanError::To)?) };
        let from = if from.is_empty() {
            to.unwrap_or(tomorrow).checked_sub_days(Days::new(DEFAULT_DAYS)).ok_or(SpanError::From)?
        } else {
            parse(from).ok_or(SpanError::From)?
        };
        let to = to.unwrap_or_else(|| tomorrow.max(from));
        if to < from {
            return Err(SpanError::Order);
        }
        let last = if to == from { from } else { to.checked_sub_days(Days::new(1)).unwrap_or(from) };
        let span = Self { from: bucket.around(from).from, to: bucket.around(last).to };
        if span.cells(bucket).nth(MOST_CELLS).is_some() {
            return Err(SpanError::TooLong);
        }
        Ok(span)
    }
}

/// The first day of the day's month.
pub(crate) fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The UTC day of a moment; `None` where nothing can have happened.
pub(crate) fn day_of(micros: i64) -> Option<NaiveDate> {
    let day = DateTime::from_timestamp_micros(micros)?.date_naive();
    (micros > 0 && YEARS.contains(&day.year())).then_some(day)
}

fn parse(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // The library takes signs, blanks and missing zeros; a date of ours is written in one way.
    (YEARS.contains(&day.year()) && day.to_string() == text).then_some(day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        parse(text).unwrap()
    }

    fn asked(from: &str, to: &str, bucket: Bucket) -> Result<(String, String), SpanError> {
        Span::asked(from, to, bucket, day("2026-03-18"))
            .map(|span| (span.from.to_string(), span.to.to_string()))
    }

    #[test]
    fn a_range_grows_to_whole_buckets() {
        let whole = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));
        assert_eq!(asked("2026-03-04", "2026-03-05", Bucket::Day), whole("2026-03-04", "2026-03-05"));
        assert_eq!(asked("2026-03-04", "2026-03-04", Bucket::Day), whole("2026-03-04", "2026-03-05"));
        assert_eq!(asked("2026-03-04", "2026-03-05", Bucket::Week), whole("2026-03-02", "2026-03-09"));
        assert_eq!(asked("2026-03-02", "2026-03-09", Bucket::Week), whole("2026-03-02", "2026-03-09"));
        assert_eq!(asked("2026-02-28", "2026-03-02", Bucket::Month), whole("2026-02-01", "2026-04-01"));
        assert_eq!(asked("", "", Bucket::Day), whole("2026-02-17", "2026-03-19"));
        assert_eq!(asked("", "2026-01-31", Bucket::Day), whole("2026-01-01", "2026-01-31"));
    }

    #[test]
    fn a_wrong_range_names_its_field() {
        let field = |from, to, bucket| asked(from, to, bucket).unwrap_err().field();
        assert_eq!(field("tomorrow", "", Bucket::Day), "from");
        assert_eq!(field("", "2026-02-30", Bucket::Day), "to");
        assert_eq!(field("+2026-02-03", "", Bucket::Day), "from");
        assert_eq!(field("1969-12-31", "", Bucket::Day), "from");
        assert_eq!(field("2026-03-05", "2026-03-04", Bucket::Day), "to");
        assert_eq!(
            asked("2025-01-01", "2026-02-05", Bucket::Day),
            Ok(("2025-01-01".to_owned(), "2026-02-05".to_owned()))
        );
        assert_eq!(asked("2025-01-01", "2026-02-06", Bucket::Day), Err(SpanError::TooLong));
        assert_eq!(Bucket::parse("year").unwrap_err().field(), "bucket");
        assert_eq!(Bucket::parse(""), Ok(Bucket::Day));
    }

    proptest! {
        #[test]
        fn cells_tile_the_range(first in 0u64..80_000, days in 1u64..400, which in 0usize..3) {
            let bucket = Bucket::ALL[which];
            let from = day("1971-01-01").checked_add_days(Days::new(first)).unwrap();
            let to = from.checked_add_days(Days::new(days)).unwrap();
            let span = Span::asked(&from.to_string(), &to.to_string(), bucket, from).unwrap();
            let cells: Vec<_> = span.cells(bucket).collect();
            prop_assert!(cells[0].from <= from && cells[0].contains(from));
            prop_assert!(cells.windows(2).all(|pair| pair[0].to == pair[1].from));
            prop_assert_eq!((cells[0].from, cells[cells.len() - 1].to), (span.from, span.to));
            prop_assert!(span.to >= to);
        }
    }
}
