//! From rows of people and days to cells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::{
    calendar::{Bucket, Span, month_of},
    metric::{Measured, Metric},
    roster::Team,
    suppression::{self, Blocks, Days, Month, Person},
};

/// The smallest group that any organization's figures are shown for.
pub(crate) const LOWEST_FLOOR: usize = 5;

/// So many things of one person on one day.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) day: NaiveDate,
    pub(crate) person: Uuid,
    /// Who answered or merged; the person where nobody else matters.
    pub(crate) other: Uuid,
    pub(crate) value: i64,
    pub(crate) n: i64,
}

/// Whose figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Org,
    Team(Uuid),
}

/// What is known of an organization for one metric, over whole months.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) floor: usize,
    /// Members, whether they did something or not.
    pub(crate) members: BTreeSet<Uuid>,
    /// All teams ever shown or to be shown, in any order.
    pub(crate) teams: Vec<Team>,
    pub(crate) rows: Vec<Row>,
}

/// Why a cell is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suppressed {
    CohortBelowFloor,
    Differencing,
}

impl Suppressed {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CohortBelowFloor => "cohort_below_floor",
            Self::Differencing => "differencing",
        }
    }
}

/// A value and how many people stand behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) cohort: usize,
}

/// A figure for a time, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub(crate) span: Span,
    pub(crate) figure: Result<Figure, Suppressed>,
}

/// The whole months that decide about the cells of a range.
pub(crate) fn months(span: Span) -> Span {
    let last = span.to.pred_opt().unwrap_or(span.to);
    Span { from: month_of(span.from), to: Bucket::Month.around(last).to }
}

/// The cells of one metric. A team that is not known has none.
pub(crate) fn cells(
    metric: Metric,
    scope: Scope,
    bucket: Bucket,
    span: Span,
    world: &mut World,
) -> Vec<Cell> {
    world.teams.sort_by_key(|team| (team.founded_us, team.id));
    let place = match scope {
        Scope::Org => None,
        Scope::Team(id) => match world.teams.iter().position(|team| team.id == id) {
            Some(place) => Some(place),
            None => return Vec::new(),
        },
    };
    // Younger teams have no say about this one, and no team about the organization.
    let teams = &world.teams[..place.map_or(0, |place| place + 1)];
    let mut by_month: BTreeMap<NaiveDate, Vec<&Row>> = BTreeMap::new();
    for row in &world.rows {
        by_month.entry(month_of(row.day)).or_default().push(row);
    }
    let mut blocks = BTreeMap::new();
    let mut in_scope: BTreeMap<NaiveDate, Vec<&Row>> = BTreeMap::new();
    for month in months(span).cells(Bucket::Month) {
        let rows = by_month.remove(&month.from).unwrap_or_default();
        let Blocks { org, teams: of_teams } =
            suppression::decide(&month_of_people(month, &rows, teams, &world.members), world.floor);
        blocks.insert(month.from, place.map_or(org, |place| of_teams.into_iter().nth(place).flatten()));
        let roster = place.and_then(|place| teams[place].roster(month.from));
        for row in rows {
            if place.is_none() || roster.is_some_and(|roster| roster.contains(&row.person)) {
                in_scope.entry(row.day).or_default().push(row);
            }
        }
    }
    span.cells(bucket)
        .map(|cell| {
            let rows: Vec<&Row> =
                in_scope.range(cell.from..cell.to).flat_map(|(_, rows)| rows.iter().copied()).collect();
            let whole = months(cell).cells(Bucket::Month).all(|month| {
                suppression::covers(blocks.get(&month.from).and_then(Option::as_deref), days(month, cell))
            });
            Cell { span: cell, figure: figure(metric, &rows, whole, world.floor) }
        })
        .collect()
}

fn figure(metric: Metric, rows: &[&Row], whole: bool, floor: usize) -> Result<Figure, Suppressed> {
    let people: BTreeSet<Uuid> = rows.iter().map(|row| row.person).collect();
    let others: BTreeSet<Uuid> = rows.iter().map(|row| row.other).collect();
    // A median of many who were all answered by one is a figure of that one.
    let cohort = people.len().min(others.len());
    if (1..floor).contains(&cohort) {
        return Err(Suppressed::CohortBelowFloor);
    }
    if !whole {
        return Err(if cohort == 0 { Suppressed::CohortBelowFloor } else { Suppressed::Differencing });
    }
    let value = match metric.measured() {
        Measured::Count => rows.iter().map(|row| row.n).sum::<i64>() as f64,
        Measured::People => cohort as f64,
        // Of nothing there is no median, and nobody is named by saying so.
        Measured::Median => median(rows).ok_or(Suppressed::CohortBelowFloor)?,
    };
    Ok(Figure { value, cohort })
}

fn median(rows: &[&Row]) -> Option<f64> {
    let mut values: BTreeMap<i64, i64> = BTreeMap::new();
    for row in rows {
        *values.entry(row.value).or_default() += row.n;
    }
    let total: i64 = values.values().sum();
    let at = |place: i64| {
        let mut before = 0;
        values.iter().find_map(|(value, n)| {
            before += n;
            (place < before).then_some(*value as f64)
        })
    };
    Some((at((total - 1) / 2)? + at(total / 2)?) / 2.0)
}

fn month_of_people(month: Span, rows: &[&Row], teams: &[Team], members: &BTreeSet<Uuid>) -> Month {
    let rosters: Vec<Option<&BTreeSet<Uuid>>> = teams.iter().map(|team| team.roster(month.from)).collect();
    let mut active: BTreeMap<Uuid, Days> =
        members.iter().chain(rosters.iter().flatten().copied().flatten()).map(|id| (*id, 0)).collect();
    for row in rows {
        *active.entry(row.person).or_default() |= 1 << row.day.day0();
    }
    let people = active
        .into_iter()
        .map(|(id, active)| Person {
            active,
            teams: (0..rosters.len())
                .filter(|team| rosters[*team].is_some_and(|roster| roster.contains(&id)))
                .collect(),
        })
        .collect();
    let weeks = month.cells(Bucket::Week).map(|week| days(month, week)).collect();
    Month { weeks, people, teams: teams.len() }
}

/// The days of a month that lie in a span.
fn days(month: Span, span: Span) -> Days {
    let all = month.cells(Bucket::Day).filter(|day| span.contains(day.from));
    all.fold(0, |days, day| days | 1 << day.from.day0())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: &str, person: u128, other: u128, value: i64, n: i64) -> Row {
        Row {
            day: day.parse().unwrap(),
            person: Uuid::from_u128(person),
            other: Uuid::from_u128(other),
            value,
            n,
        }
    }

    fn ask(metric: Metric, bucket: Bucket, rows: Vec<Row>) -> Vec<Result<Figure, Suppressed>> {
        let mut world = World { floor: 5, members: BTreeSet::new(), teams: Vec::new(), rows };
        let day = "2026-03-18".parse().unwrap();
        let span = Span::asked("2026-02-27", "2026-03-04", bucket, day).unwrap();
        cells(metric, Scope::Org, bucket, span, &mut world).into_iter().map(|cell| cell.figure).collect()
    }

    #[test]
    fn a_week_in_two_months_adds_up() {
        let mut rows: Vec<Row> = (0..5).map(|p| row("2026-02-28", p, p, 0, 2)).collect();
        rows.extend((0..6).map(|p| row("2026-03-01", p, p, 0, 1)));
        let weeks = ask(Metric::Messages, Bucket::Week, rows.clone());
        assert_eq!(weeks[0], Ok(Figure { value: 16.0, cohort: 6 }));
        let days = ask(Metric::Messages, Bucket::Day, rows.clone());
        assert_eq!(
            days[..3],
            [
                Ok(Figure { value: 0.0, cohort: 0 }),
                Ok(Figure { value: 10.0, cohort: 5 }),
                Ok(Figure { value: 6.0, cohort: 6 })
            ]
        );
        assert_eq!(ask(Metric::ActiveMembers, Bucket::Week, rows)[0], Ok(Figure { value: 6.0, cohort: 6 }));
    }

    #[test]
    fn a_median_needs_enough_people_on_both_sides() {
        let answered = |by: &dyn Fn(u128) -> u128| {
            (0..5).map(|p| row("2026-03-02", p, by(p), 10 * (p as i64 + 1), 1)).collect()
        };
        let one_helper = ask(Metric::TimeToFirstReply, Bucket::Day, answered(&|_| 9));
        assert_eq!(one_helper[3], Err(Suppressed::CohortBelowFloor));
        let many = ask(Metric::TimeToFirstReply, Bucket::Day, answered(&|p| p + 10));
        assert_eq!(many[3], Ok(Figure { value: 30.0, cohort: 5 }));
        assert_eq!(many[0], Err(Suppressed::CohortBelowFloor), "there is no median of nothing");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let rows = [row("2026-03-02", 1, 1, 10, 2), row("2026-03-02", 2, 2, 20, 2)];
        assert_eq!(median(&rows.iter().collect::<Vec<_>>()), Some(15.0));
        assert_eq!(median(&rows[..1].iter().collect::<Vec<_>>()), Some(10.0));
        assert_eq!(median(&[]), None);
    }
}
