//! The adversary: sees every shown cell of every scope and bucket, and solves the linear system.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{Blocks, Days, Month, Person, bits, covers, decide};

/// Two months of ten days; weeks of four days, the third of which lies in both.
const MONTH: u32 = 10;
const WEEKS: [[Days; 3]; 2] = [[0b1111, 0b1111_0000, 0b11_0000_0000], [0b11, 0b11_1100, 0b11_1100_0000]];
const FLOOR: usize = 3;
const PRIME: u128 = (1 << 61) - 1;

#[derive(Debug, Clone)]
struct Case {
    months: [Month; 2],
}

/// A sum that the adversary sees: which person's which day is in it (columns: month, person, day).
type Seen = Vec<u128>;

fn cases() -> impl Strategy<Value = Case> {
    let day = prop_oneof![3 => Just(0u32), 1 => 0..1u32 << MONTH, 2 => (0..MONTH, 0..MONTH).prop_map(|(a, b)| 1 << a | 1 << b)];
    let person = (day.clone(), day, prop::sample::subsequence(vec![0usize, 1, 2], 0..=3));
    (prop::collection::vec(person, 3..12), 0usize..=3).prop_map(|(people, teams)| {
        let month = |m: usize| Month {
            weeks: WEEKS[m].to_vec(),
            people: people
                .iter()
                .map(|(first, second, in_teams)| Person {
                    active: [*first, *second][m],
                    teams: in_teams.iter().copied().filter(|team| *team < teams).collect(),
                })
                .collect(),
            teams,
        };
        Case { months: [month(0), month(1)] }
    })
}

/// Every cell: its days in each month.
fn cells() -> Vec<[Days; 2]> {
    let all = (1 << MONTH) - 1;
    let mut cells = vec![[all, 0], [0, all]];
    cells.extend(bits(all).into_iter().flat_map(|day| [[day, 0], [0, day]]));
    cells.extend([
        [WEEKS[0][0], 0],
        [WEEKS[0][1], 0],
        [WEEKS[0][2], WEEKS[1][0]],
        [0, WEEKS[1][1]],
        [0, WEEKS[1][2]],
    ]);
    cells
}

fn sum(case: &Case, team: Option<usize>, cell: [Days; 2]) -> Seen {
    let mut seen = Vec::new();
    for (month, days) in case.months.iter().zip(cell) {
        for person in &month.people {
            let inside = team.is_none_or(|team| person.teams.contains(&team));
            seen.extend((0..MONTH).map(|day| u128::from(inside && person.active & days & 1 << day != 0)));
        }
    }
    seen
}

fn scopes(case: &Case) -> impl Iterator<Item = Option<usize>> {
    std::iter::once(None).chain((0..case.months[0].teams).map(Some))
}

/// What is shown by a rule: (blocks of each month) → cells that are unions of blocks.
fn shown_by_blocks(case: &Case, blocks: &[Blocks; 2]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for team in scopes(case) {
        let of = |m: usize| team.map_or(blocks[m].org.as_deref(), |team| blocks[m].teams[team].as_deref());
        let visible = |cell: &[Days; 2]| (0..2).all(|m| cell[m] == 0 || covers(of(m), cell[m]));
        seen.extend(cells().into_iter().filter(visible).map(|cell| sum(case, team, cell)));
    }
    seen
}

fn shown(case: &Case) -> Vec<Seen> {
    shown_by_blocks(case, &case.months.clone().map(|month| decide(&month, FLOOR)))
}

/// Whether the adversary can combine what is seen into something of fewer than `FLOOR` people.
fn isolates(case: &Case, seen: &[Seen]) -> bool {
    let people = case.months[0].people.len();
    let whole = rank(seen, |_| true);
    // A combination of cells that keeps only a few people vanishes without their columns: the rank sinks.
    few(people)
        .iter()
        .any(|kept| rank(seen, |column| !kept.contains(&(column / MONTH as usize % people))) < whole)
}

fn few(people: usize) -> Vec<Vec<usize>> {
    assert_eq!(FLOOR, 3, "all pairs are all groups below the floor");
    (0..people).flat_map(|a| (0..=a).map(move |b| vec![a, b])).collect()
}

fn rank(rows: &[Seen], keep: impl Fn(usize) -> bool) -> usize {
    let mut rows: Vec<Seen> = rows
        .iter()
        .map(|row| row.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, v)| *v).collect())
        .collect();
    let (mut rank, width) = (0, rows.first().map_or(0, Vec::len));
    for column in 0..width {
        let Some(pivot) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let first = rows[rank].clone();
        for row in rows.iter_mut().skip(rank + 1).filter(|row| row[column] != 0) {
            // Cross-multiplication keeps everything whole; no inverse is needed.
            let (mine, theirs) = (row[column], first[column]);
            for (value, other) in row.iter_mut().zip(&first).skip(column) {
                *value = (*value * theirs % PRIME + (PRIME - other * mine % PRIME)) % PRIME;
            }
        }
        rank += 1;
    }
    rank
}

/// How many of the first random cases fall to the adversary under a rule.
fn fallen(rule: impl Fn(&Case) -> Vec<Seen>, cases_wanted: usize) -> usize {
    let mut runner = TestRunner::deterministic();
    (0..cases_wanted)
        .filter(|_| {
            let case = cases().new_tree(&mut runner).unwrap().current();
            isolates(&case, &rule(&case))
        })
        .count()
}

proptest! {
    #[test]
    fn no_combination_of_shown_cells_comes_down_to_fewer_than_the_floor(case in cases()) {
        prop_assert!(!isolates(&case, &shown(&case)));
    }
}

#[test]
fn planted_without_complementary_suppression_the_attack_succeeds() {
    let only_small_cells_hidden = |case: &Case| {
        let mut seen = Vec::new();
        for team in scopes(case) {
            let enough = |cell: &[Days; 2]| {
                let active = |i: usize| (0..2).any(|m| case.months[m].people[i].active & cell[m] != 0);
                let inside =
                    |i: usize| team.is_none_or(|team| case.months[0].people[i].teams.contains(&team));
                (0..case.months[0].people.len()).filter(|i| active(*i) && inside(*i)).count() >= FLOOR
            };
            seen.extend(cells().into_iter().filter(enough).map(|cell| sum(case, team, cell)));
        }
        seen
    };
    assert!(fallen(only_small_cells_hidden, 20) > 0);
}

#[test]
fn planted_without_the_rule_for_teams_the_attack_succeeds() {
    let teams_by_themselves = |case: &Case| {
        let blocks = case.months.clone().map(|month| {
            let alone = |team: usize| {
                let mut month = Month { teams: 0, ..month.clone() };
                month.people.retain(|person| person.teams.contains(&team));
                decide(&month, FLOOR).org
            };
            Blocks { org: decide(&month, FLOOR).org, teams: (0..month.teams).map(alone).collect() }
        });
        shown_by_blocks(case, &blocks)
    };
    assert!(fallen(teams_by_themselves, 60) > 0);
}

#[test]
fn much_is_still_shown() {
    let mut runner = TestRunner::deterministic();
    let (mut cells_shown, mut teams_shown) = (0, 0);
    for _ in 0..100 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        cells_shown += shown(&case).len();
        teams_shown += decide(&case.months[0], FLOOR).teams.iter().flatten().count();
    }
    assert!(cells_shown > 500 && teams_shown > 10, "{cells_shown} cells, {teams_shown} teams");
}
