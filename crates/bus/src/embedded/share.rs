//! How the partitions of a topic are shared among the members of a group.

/// How many of a topic's partitions the member at `rank` (oldest first) of `members` keeps.
///
/// Everybody computes the same from the same list: shares differ by one at most and add up to the whole. Who
/// gets one more changes with the topic, so that many small topics do not all fall to the oldest member.
pub(super) fn quota(partitions: usize, members: usize, rank: usize, topic_id: i32) -> usize {
    if members == 0 {
        return 0;
    }
    let turned = (rank + topic_id.unsigned_abs() as usize) % members;
    partitions / members + usize::from(turned < partitions % members)
}

#[cfg(test)]
mod tests {
    use super::quota;

    #[test]
    fn shares_are_fair_and_add_up() {
        for topic_id in 1..5 {
            for partitions in 0..20 {
                for members in 1..12 {
                    let shares: Vec<usize> =
                        (0..members).map(|rank| quota(partitions, members, rank, topic_id)).collect();
                    assert_eq!(shares.iter().sum::<usize>(), partitions);
                    assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
                }
            }
        }
    }
}
