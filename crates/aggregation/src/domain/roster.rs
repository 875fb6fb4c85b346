//! Who is counted in a team, month by month.
//!
//! If a change of a team changed its figures of the past, whoever looks before and after would learn the figures of the one who
//! came or went. So the roster of a team is final for the past as soon as one of its figures was shown, and a later change counts
//! from the next month on. A deleted team still stands in the way of a successor that differs from it by one person.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};
use uuid::Uuid;

use super::calendar::{day_of, month_of};

/// The month under which a team's first roster is kept: nothing is counted before it.
pub(crate) fn first() -> NaiveDate {
    clock::from_micros(0).date_naive()
}

/// A team and its rosters.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) id: Uuid,
    pub(crate) founded_us: i64,
    pub(crate) deleted: bool,
    /// By the month they begin, ascending.
    pub(crate) rosters: Vec<(NaiveDate, BTreeSet<Uuid>)>,
}

impl Team {
    /// Who counts in a month.
    pub(crate) fn roster(&self, month: NaiveDate) -> Option<&BTreeSet<Uuid>> {
        let begun = self.rosters.iter().rev().find(|(from, _)| *from <= month);
        begun.or(self.rosters.first()).map(|(_, members)| members)
    }
}

/// From which month a change counts that was made at this moment.
pub(crate) fn counts_from(sealed: bool, changed_us: i64) -> NaiveDate {
    if !sealed {
        return first();
    }
    day_of(changed_us).and_then(|day| month_of(day).checked_add_months(Months::new(1))).unwrap_or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_roster_counts_from_its_month_and_the_first_for_all_before() {
        let people = |n: u128| (0..n).map(Uuid::from_u128).collect::<BTreeSet<_>>();
        let rosters = vec![(first(), people(5)), (month("2026-03-01"), people(6))];
        let team = Team { id: Uuid::nil(), founded_us: 0, deleted: false, rosters };
        assert_eq!(team.roster(month("1999-01-01")).map(BTreeSet::len), Some(5));
        assert_eq!(team.roster(month("2026-02-01")).map(BTreeSet::len), Some(5));
        assert_eq!(team.roster(month("2026-03-01")).map(BTreeSet::len), Some(6));
    }

    #[test]
    fn a_change_after_the_first_look_leaves_the_past_alone() {
        let december = 1_797_000_000_000_000; // 2026-12-11
        assert_eq!(counts_from(false, december), first());
        assert_eq!(counts_from(true, december), month("2027-01-01"));
    }
}
