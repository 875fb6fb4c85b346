//! Days counted from a day: the arithmetic of GUIDELINES.md's table.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// The next such weekday on or after `day`.
pub(crate) fn on_or_after(day: NaiveDate, weekday: Weekday) -> Option<NaiveDate> {
    let ahead = (7 + weekday.num_days_from_monday() - day.weekday().num_days_from_monday()) % 7;
    plus_days(day, u64::from(ahead))
}

/// That weekday in the week `weeks` after the one of `day`; weeks begin on Monday.
pub(crate) fn in_week(day: NaiveDate, weeks: u64, weekday: Weekday) -> Option<NaiveDate> {
    let monday = day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday())))?;
    plus_days(monday, weeks * 7 + u64::from(weekday.num_days_from_monday()))
}

/// `day` + `n`.
pub(crate) fn plus_days(day: NaiveDate, n: u64) -> Option<NaiveDate> {
    day.checked_add_days(Days::new(n))
}

/// `day` + `n` months, cut to the month's last day.
pub(crate) fn plus_months(day: NaiveDate, n: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(n))
}

/// `day` + `n` days from Monday to Friday.
pub(crate) fn plus_working_days(day: NaiveDate, n: u64) -> Option<NaiveDate> {
    let mut at = day;
    let mut left = n.min(400);
    while left > 0 {
        at = at.succ_opt()?;
        if !matches!(at.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    Some(at)
}

/// The last day of the month that lies `months` after the one of `day`.
pub(crate) fn end_of_month(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    plus_months(day.with_day(1)?, months + 1)?.pred_opt()
}

/// The last day of the named month, this year or next.
pub(crate) fn end_of_named_month(day: NaiveDate, month: u32) -> Option<NaiveDate> {
    let ahead = (12 + month - day.month()) % 12;
    end_of_month(day, ahead)
}

/// The last day of the quarter of `day`.
pub(crate) fn end_of_quarter(day: NaiveDate) -> Option<NaiveDate> {
    end_of_month(day, 2 - day.month0() % 3)
}

/// The next day with that number in its month, on or after `day`.
pub(crate) fn next_day_of_month(day: NaiveDate, number: u32) -> Option<NaiveDate> {
    let first = day.with_day(1)?;
    (0..12).filter_map(|n| plus_months(first, n)?.with_day(number)).find(|found| *found >= day)
}

/// That day of that month, on or after `day`; a 29 February waits for its year.
pub(crate) fn next_month_day(day: NaiveDate, month: u32, number: u32) -> Option<NaiveDate> {
    (0..=8).filter_map(|n| NaiveDate::from_ymd_opt(day.year() + n, month, number)).find(|found| *found >= day)
}
