//! Whether the cells of several scopes can be combined so that only a few people remain.
//!
//! A combination gives each scope's block a weight. A person counts on a day with the sum of the weights of the cells they lie
//! in. People in the same teams and blocks form a *node*: they all count with the same weight, the organization's part apart.
//! Take two nodes with different weights. On any day they share, the organization's weight can cancel at most one of
//! them; so of two people, one in each node, who were both active on such a day, at least one remains. If `floor` disjoint pairs of such people exist
//! (a matching, by König's theorem the least number who must remain), the combination keeps at least `floor` people. A
//! combination that keeps fewer must therefore give these two nodes the same weight. The system is *bound* when these
//! equations imply that all nodes of every day have the same weight: then the combination is one of the
//! organization's own blocks, which are large enough.

use std::collections::{BTreeMap, BTreeSet};

use super::Days;

/// A prime above every determinant that occurs here: 2^61 − 1.
const PRIME: u64 = (1 << 61) - 1;

/// People, when they were active, and the blocks of the teams that are shown.
#[derive(Debug)]
pub(super) struct System {
    floor: usize,
    people: Vec<(Days, Vec<usize>)>,
    blocks: Vec<Option<Vec<Days>>>,
}

/// Weights of a node: which team's which block is part of it.
type Weights = Vec<(usize, usize)>;

#[derive(Default)]
struct Node {
    days: Days,
    people: BTreeMap<usize, Days>,
}

impl System {
    pub(super) fn new(floor: usize, teams: usize) -> Self {
        Self { floor, people: Vec::new(), blocks: vec![None; teams] }
    }

    pub(super) fn person(&mut self, active: Days, teams: &[usize]) {
        self.people.push((active, teams.to_vec()));
    }

    pub(super) const fn floor(&self) -> usize {
        self.floor
    }

    /// How many of the team were active.
    pub(super) fn cohort(&self, team: usize, days: Days) -> usize {
        self.people.iter().filter(|(active, teams)| active & days != 0 && teams.contains(&team)).count()
    }

    /// Shows the team in these blocks if everything stays bound.
    pub(super) fn admit(&mut self, team: usize, blocks: Vec<Days>) -> bool {
        self.blocks[team] = Some(blocks);
        let bound = self.bound();
        if !bound {
            self.blocks[team] = None;
        }
        bound
    }

    /// Adds equations until every day's nodes are known to have the same weight, or nothing new is found.
    fn bound(&self) -> bool {
        let mut nodes: Vec<(Weights, Node)> = self.nodes().into_iter().collect();
        // The largest node of a day meets the most others: mostly it alone binds them all.
        nodes.sort_by_key(|(_, node)| std::cmp::Reverse(node.people.len()));
        let mut equations = Equations::default();
        let mut strangers = BTreeSet::new();
        let days: Vec<Vec<usize>> = (0..Days::BITS)
            .map(|day| (0..nodes.len()).filter(|i| nodes[*i].1.days >> day & 1 == 1).collect())
            .collect();
        loop {
            let (mut bound, mut found) = (true, false);
            for present in &days {
                for &stray in present.iter().skip(1) {
                    if equations.imply(difference(&nodes[stray].0, &nodes[present[0]].0)) {
                        continue;
                    }
                    bound = false;
                    for &other in present.iter().filter(|other| **other != stray) {
                        let row = difference(&nodes[stray].0, &nodes[other].0);
                        let pair = (stray.min(other), stray.max(other));
                        if strangers.contains(&pair) || equations.imply(row.clone()) {
                            continue;
                        }
                        if nodes[stray].1.meets(&nodes[other].1, self.floor) {
                            equations.add(row);
                            found = true;
                        } else {
                            strangers.insert(pair);
                        }
                    }
                }
            }
            if bound || !found {
                return bound;
            }
        }
    }

    fn nodes(&self) -> BTreeMap<Weights, Node> {
        let mut nodes: BTreeMap<Weights, Node> = BTreeMap::new();
        for (index, (active, teams)) in self.people.iter().enumerate() {
            for day in (0..Days::BITS).map(|bit| 1 << bit).filter(|day| active & day != 0) {
                let weight = |team: &usize| {
                    let blocks = self.blocks[*team].as_ref()?;
                    blocks.iter().position(|block| block & day != 0).map(|block| (*team, block))
                };
                let node = nodes.entry(teams.iter().filter_map(weight).collect()).or_default();
                node.days |= day;
                *node.people.entry(index).or_default() |= day;
            }
        }
        nodes
    }
}

impl Node {
    /// Whether there are `floor` disjoint pairs of people, one here and one there, active on a day in common.
    fn meets(&self, other: &Self, floor: usize) -> bool {
        if self.people.len().min(other.people.len()) < floor {
            return false;
        }
        let here: Vec<Days> = self.people.values().copied().collect();
        let there: Vec<Days> = other.people.values().copied().collect();
        let mut partner = vec![None; there.len()];
        let mut pairs = 0;
        for person in 0..here.len() {
            if pairs >= floor {
                break;
            }
            pairs += usize::from(pair(person, &here, &there, &mut partner, &mut vec![false; there.len()]));
        }
        pairs >= floor
    }
}

/// Finds a partner, if need be by finding others for those already paired (Kuhn's algorithm).
fn pair(
    person: usize,
    here: &[Days],
    there: &[Days],
    partner: &mut [Option<usize>],
    asked: &mut [bool],
) -> bool {
    for other in 0..there.len() {
        if asked[other] || here[person] & there[other] == 0 {
            continue;
        }
        asked[other] = true;
        if partner[other].is_none_or(|paired| pair(paired, here, there, partner, asked)) {
            partner[other] = Some(person);
            return true;
        }
    }
    false
}

/// Linear equations between weights, each saying that a combination is zero, in echelon form.
#[derive(Default)]
struct Equations(BTreeMap<(usize, usize), Row>);

type Row = BTreeMap<(usize, usize), u64>;

impl Equations {
    fn add(&mut self, row: Row) {
        let mut row = self.reduced(row);
        if let Some((pivot, value)) = row.first_key_value().map(|(key, value)| (*key, *value)) {
            let inverse = power(value, PRIME - 2);
            row.values_mut().for_each(|v| *v = times(*v, inverse));
            self.0.insert(pivot, row);
        }
    }

    fn imply(&self, row: Row) -> bool {
        self.reduced(row).is_empty()
    }

    fn reduced(&self, mut row: Row) -> Row {
        let mut rest = Row::new();
        while let Some((key, value)) = row.pop_first() {
            let Some(known) = self.0.get(&key) else {
                rest.insert(key, value);
                continue;
            };
            // The known row begins with 1 at this key; all its other keys are greater.
            for (other, factor) in known.range((std::ops::Bound::Excluded(key), std::ops::Bound::Unbounded)) {
                let taken = times(value, *factor);
                let left = (row.remove(other).unwrap_or(0) + PRIME - taken) % PRIME;
                if left != 0 {
                    row.insert(*other, left);
                }
            }
        }
        rest
    }
}

fn difference(one: &Weights, other: &Weights) -> Row {
    let mut row: Row = one.iter().filter(|key| !other.contains(key)).map(|key| (*key, 1)).collect();
    row.extend(other.iter().filter(|key| !one.contains(key)).map(|key| (*key, PRIME - 1)));
    row
}

fn times(a: u64, b: u64) -> u64 {
    // The remainder is below 2^61.
    u64::try_from(u128::from(a) * u128::from(b) % u128::from(PRIME)).unwrap_or(0)
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}
