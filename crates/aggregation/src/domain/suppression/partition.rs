//! Dividing time into blocks of which each has nobody or enough people in it.

use super::Days;

/// Merges units that have some people but fewer than `floor`: with their like in the same group, else with the group's smallest
/// block, else over all groups. Units with nobody stand alone. `None` when even all together are too few.
pub(super) fn merge(
    units: &[Days],
    groups: &[Days],
    floor: usize,
    cohort: impl Fn(Days) -> usize,
) -> Option<Vec<Days>> {
    let (mut loose, mut blocks): (Vec<Days>, Vec<Days>) =
        units.iter().partition(|unit| (1..floor).contains(&cohort(**unit)));
    for group in groups {
        let together = union(loose.extract_if(.., |unit| *unit & !group == 0));
        if !settle(together, *group, &mut blocks, floor, &cohort) {
            loose.push(together);
        }
    }
    settle(union(loose), Days::MAX, &mut blocks, floor, &cohort).then_some(blocks)
}

/// Joins blocks so that every group is a union of blocks and no block lies in two parts of one group.
pub(super) fn coarsen(blocks: &[Days], groups: &[Days]) -> Vec<Days> {
    let mut joined: Vec<Days> = Vec::new();
    let rest = groups.iter().fold(Days::MAX, |rest, group| rest & !group);
    for group in groups.iter().chain(&[rest]) {
        let together = union(blocks.iter().copied().filter(|block| block & group != 0));
        if together == 0 {
            continue;
        }
        let meeting = union(joined.extract_if(.., |block| *block & together != 0));
        joined.push(together | meeting);
    }
    joined
}

/// Makes a block of days that are too few one by one. False when there is nothing within reach to join.
fn settle(
    days: Days,
    reach: Days,
    blocks: &mut Vec<Days>,
    floor: usize,
    cohort: &impl Fn(Days) -> usize,
) -> bool {
    if days == 0 {
        return true;
    }
    if cohort(days) >= floor {
        blocks.push(days);
        return true;
    }
    let within = blocks.iter_mut().filter(|block| **block & !reach == 0);
    let smallest = within
        .map(|block| (cohort(*block), *block, block))
        .filter(|(n, ..)| *n > 0)
        .min_by_key(|(n, days, _)| (*n, *days));
    match smallest {
        Some((.., block)) => {
            *block |= days;
            true
        }
        None => false,
    }
}

fn union(days: impl IntoIterator<Item = Days>) -> Days {
    days.into_iter().fold(0, |all, day| all | day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_divide_the_units_and_each_is_empty_or_large_enough(
            people in prop::collection::vec(0u32..1 << 12, 0..12),
            floor in 1usize..6,
        ) {
            let units: Vec<Days> = (0..12).map(|i| 1 << i).collect();
            let groups = [0b111, 0b111_1000, 0b1111_1000_0000];
            let cohort = |days: Days| people.iter().filter(|person| **person & days != 0).count();
            match merge(&units, &groups, floor, cohort) {
                None => prop_assert!((1..floor).contains(&cohort(Days::MAX))),
                Some(blocks) => {
                    prop_assert_eq!(blocks.iter().map(|block| block.count_ones()).sum::<u32>(), 12);
                    prop_assert_eq!(union(blocks.clone()), 0xfff);
                    prop_assert!(blocks.iter().all(|block| !(1..floor).contains(&cohort(*block))));
                    let coarse = coarsen(&blocks, &groups);
                    prop_assert_eq!(coarse.iter().map(|block| block.count_ones()).sum::<u32>(), 12);
                    for block in blocks {
                        prop_assert!(coarse.iter().any(|whole| block & !whole == 0));
                    }
                }
            }
        }
    }
}
