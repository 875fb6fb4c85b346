//! Which cells may be shown, so that nobody can be found by adding and subtracting those that are.
//!
//! The figures of one metric are sums over pairs of a person and a day. An observer who sees every shown cell of the organization, of
//! every team, by day, week and month, can compute every linear combination of them. The promise: a combination that is not
//! empty never comes down to fewer than `floor` people. It is kept by construction, month by month, with two rules.
//!
//! 1. **Time** ([`partition`]). The days of a month are divided into blocks, each with nobody or at least `floor` people in it. A
//!    cell is shown only if it is a union of whole blocks. A day with too few people is merged with its like in the same week, else with
//!    the smallest day of that week, else within the month. So any combination of the organization's cells is one of blocks.
//! 2. **Teams** ([`binding`]). A team has blocks of its own, coarser than the organization's. Its cells are shown only if, together
//!    with those of the organization and all older teams, every combination that stays below `floor` people must treat all people
//!    alike on each day; then it is a combination of the organization's blocks and rule 1 holds. Otherwise the team's
//!    blocks are made coarser, and at last the team is not shown for the month.
//!
//! The organization comes first and older teams before younger: a new team never hides or opens what others show. Decisions
//! depend on the months of a cell alone, never on who asks or which range, and a week that lies in two months needs both.
//!
//! A zero says that nobody of a group did anything. It is shown for groups of at least `floor` people, whether they did something
//! or not. Where the difference of two cells is zero, the people in it did nothing, however few they are; a difference
//! that is not zero always has `floor` people in it. Cohort numbers obey the same sums within a cell. What this
//! does not cover: figures are live, so somebody who watches a cell all day sees it grow by one without learning whose doing it
//! was; and medians and distinct counts are not sums, they are shown where a sum would be.

#[cfg(test)]
mod attack;
mod binding;
mod partition;

use binding::System;

/// A set of days of one month, or of blocks of them: bit by bit.
pub(crate) type Days = u32;

/// One person of the organization in one month.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// On which days there is something to count.
    pub(crate) active: Days,
    /// Teams by their place in the order, ascending.
    pub(crate) teams: Vec<usize>,
}

/// One metric in one month.
#[derive(Debug, Clone)]
pub(crate) struct Month {
    /// The month's part of each week; together, all its days.
    pub(crate) weeks: Vec<Days>,
    /// Everybody, also those who did nothing.
    pub(crate) people: Vec<Person>,
    /// Number of teams, older first.
    pub(crate) teams: usize,
}

/// The blocks of a month by scope; without blocks nothing of it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocks {
    pub(crate) org: Option<Vec<Days>>,
    pub(crate) teams: Vec<Option<Vec<Days>>>,
}

/// Whether a part of the month is a union of whole blocks.
pub(crate) fn covers(blocks: Option<&[Days]>, part: Days) -> bool {
    blocks.is_some_and(|blocks| blocks.iter().all(|block| block & part == 0 || block & !part == 0))
}

/// Decides for a month.
pub(crate) fn decide(month: &Month, floor: usize) -> Blocks {
    let nothing = Blocks { org: None, teams: vec![None; month.teams] };
    if month.people.len() < floor {
        return nothing;
    }
    let days = bits(month.weeks.iter().fold(0, |all, week| all | week));
    let cohort = |days: Days| month.people.iter().filter(|person| person.active & days != 0).count();
    let Some(org) = partition::merge(&days, &month.weeks, floor, cohort) else { return nothing };

    // From here on the organization's blocks are the unit of time.
    let whole = |days: Days| (0..org.len()).filter(|i| org[*i] & days != 0).fold(0, |all, i| all | 1 << i);
    let inside = |days: Days| (0..org.len()).filter(|i| org[*i] & !days == 0).fold(0, |all, i| all | 1 << i);
    let weeks: Vec<Days> = month.weeks.iter().map(|week| inside(*week)).collect();
    let mut activity = System::new(floor, month.teams);
    for person in &month.people {
        activity.person(whole(person.active), &person.teams);
    }
    let days_of =
        |blocks: &Days| bits(*blocks).iter().fold(0, |all, bit| all | org[bit.trailing_zeros() as usize]);
    let teams = (0..month.teams)
        .map(|team| {
            let size = month.people.iter().filter(|person| person.teams.contains(&team)).count();
            let blocks = (size >= floor).then(|| show(team, &mut activity, &weeks, org.len()))??;
            Some(blocks.iter().map(days_of).collect())
        })
        .collect();
    Blocks { org: Some(org), teams }
}

/// The finest blocks in which the team can be shown beside everything that is shown already.
fn show(team: usize, activity: &mut System, weeks: &[Days], columns: usize) -> Option<Vec<Days>> {
    let single: Vec<Days> = (0..columns).map(|i| 1 << i).collect();
    let finest = partition::merge(&single, weeks, activity.floor(), |blocks| activity.cohort(team, blocks))?;
    let by_week = partition::coarsen(&finest, weeks);
    let month = vec![finest.iter().fold(0, |all, block| all | block)];
    [finest, by_week, month].into_iter().find(|blocks| activity.admit(team, blocks.clone()))
}

fn bits(days: Days) -> Vec<Days> {
    (0..Days::BITS).map(|bit| 1 << bit).filter(|bit| days & bit != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEKS: [Days; 2] = [0b000_0111, 0b111_1000];

    fn month(people: &[(Days, &[usize])], teams: usize) -> Month {
        let people =
            people.iter().map(|(active, teams)| Person { active: *active, teams: teams.to_vec() }).collect();
        Month { weeks: WEEKS.to_vec(), people, teams }
    }

    #[test]
    fn a_day_below_the_floor_takes_the_weeks_smallest_day_along() {
        // Day 0: two people, day 1: five, day 2: six. The week is shown, day 0 and one more are not.
        let people: Vec<(Days, &[usize])> =
            vec![(0b111, &[]), (0b111, &[]), (0b110, &[]), (0b110, &[]), (0b110, &[]), (0b100, &[])];
        let org = decide(&month(&people, 0), 5).org.unwrap();
        let shown = |days| covers(Some(&org), days);
        assert!(!shown(0b001) && !shown(0b010) && shown(0b100) && shown(0b111) && shown(0b111_1111));
    }

    #[test]
    fn quiet_days_are_zero_and_do_not_hide_others() {
        let people: Vec<(Days, &[usize])> = vec![(0b010, &[]); 5];
        let org = decide(&month(&people, 0), 5).org.unwrap();
        assert!(covers(Some(&org), 0b001) && covers(Some(&org), 0b010));
        assert_eq!(
            decide(&month(&people[..4], 0), 5).org,
            None,
            "four people are never shown, nor their silence"
        );
    }

    #[test]
    fn a_team_that_leaves_four_others_is_not_shown_and_one_that_leaves_five_is() {
        let people = |others: usize| {
            let mut people: Vec<(Days, &[usize])> = vec![(1, &[0]); 6];
            people.resize(6 + others, (1, &[]));
            people
        };
        let shown = |others| decide(&month(&people(others), 1), 5).teams[0].is_some();
        assert_eq!([shown(0), shown(1), shown(4), shown(5)], [true, false, false, true]);
    }

    #[test]
    fn a_team_below_the_floor_shows_nothing_not_even_its_silence() {
        let mut people: Vec<(Days, &[usize])> = vec![(0, &[0]); 4];
        people.resize(20, (1, &[]));
        assert_eq!(decide(&month(&people, 1), 5).teams, [None]);
        people[19].1 = &[0];
        people[19].0 = 0;
        assert!(decide(&month(&people, 1), 5).teams[0].is_some(), "five silent people are a zero");
    }

    #[test]
    fn the_younger_of_two_teams_that_differ_by_one_person_is_not_shown() {
        let mut people: Vec<(Days, &[usize])> = vec![(1, &[0, 1]); 6];
        people.push((1, &[0]));
        people.resize(20, (1, &[]));
        let teams = decide(&month(&people, 2), 5).teams;
        assert_eq!((teams[0].is_some(), teams[1].is_some()), (true, false));
    }

    #[test]
    fn one_person_in_two_teams_does_not_hide_either() {
        let mut people: Vec<(Days, &[usize])> = vec![(1, &[0]); 6];
        people.extend(vec![(1, &[1][..]); 6]);
        people.push((1, &[0, 1]));
        people.resize(20, (1, &[]));
        assert!(decide(&month(&people, 2), 5).teams.iter().all(Option::is_some));
    }

    #[test]
    fn a_small_team_is_shown_by_week_where_its_days_are_too_few() {
        let mut people: Vec<(Days, &[usize])> =
            vec![(0b001, &[0]), (0b001, &[0]), (0b001, &[0]), (0b110, &[0]), (0b110, &[0])];
        people.resize(20, (0b111, &[]));
        let blocks = decide(&month(&people, 1), 5);
        let team = blocks.teams[0].as_deref();
        assert!(covers(blocks.org.as_deref(), 0b001));
        assert!(!covers(team, 0b001) && covers(team, 0b111));
    }
}
