//! When keys that sign caller tokens come and go.
//!
//! A new key is shown before it signs, so that every service knows it by then, and an old one is shown for longer than its
//! last token lives.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Age at which a successor is made.
const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// How long a new key is only shown. Services ask every 30 seconds.
const SHOWN_FIRST: TimeDelta = TimeDelta::minutes(2);
/// How long after the successor began to sign an old key is shown: the life of a token (5 minutes) and 10 more.
const SHOWN_LAST: TimeDelta = TimeDelta::minutes(15);

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// A new key is due.
    pub(crate) make: bool,
    /// The key that signs; `None` when there is no key at all.
    pub(crate) sign_with: Option<Uuid>,
    /// Keys that nobody needs any more.
    pub(crate) drop: Vec<Uuid>,
}

/// Decides over the keys and when each was made.
pub(crate) fn plan(keys: &[(Uuid, DateTime<Utc>)], now: DateTime<Utc>) -> Plan {
    let mut keys = keys.to_vec();
    keys.sort_by_key(|(id, made)| (*made, *id));
    let signs = |made: DateTime<Utc>| made + SHOWN_FIRST <= now;
    let make = keys.last().is_none_or(|(_, made)| *made + LIFETIME <= now);
    let ready = keys.iter().rposition(|(_, made)| signs(*made));
    let sign_with = ready.map_or(keys.first(), |at| keys.get(at)).map(|(id, _)| *id);
    let superseded = keys.windows(2).filter(|pair| pair[1].1 + SHOWN_FIRST + SHOWN_LAST <= now);
    let drop = superseded.map(|pair| pair[0].0).collect();
    Plan { make, sign_with, drop }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u128, made_minutes: i64) -> (Uuid, DateTime<Utc>) {
        (Uuid::from_u128(id), at(made_minutes))
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        clock::from_micros(minutes * 60_000_000)
    }

    fn planned(keys: &[(Uuid, DateTime<Utc>)], minutes: i64) -> (bool, Option<u128>, Vec<u128>) {
        let plan = plan(keys, at(minutes));
        (plan.make, plan.sign_with.map(|id| id.as_u128()), plan.drop.iter().map(|id| id.as_u128()).collect())
    }

    #[test]
    fn the_first_key_signs_at_once() {
        assert_eq!(planned(&[], 0), (true, None, vec![]));
        assert_eq!(planned(&[key(1, 0)], 0), (false, Some(1), vec![]));
    }

    #[test]
    fn a_successor_is_shown_then_signs_then_stands_alone() {
        let day = 24 * 60;
        assert_eq!(planned(&[key(1, 0)], day - 1), (false, Some(1), vec![]));
        assert_eq!(planned(&[key(1, 0)], day), (true, Some(1), vec![]));
        let both = [key(2, day), key(1, 0)];
        assert_eq!(planned(&both, day + 1), (false, Some(1), vec![]));
        assert_eq!(planned(&both, day + 2), (false, Some(2), vec![]));
        assert_eq!(planned(&both, day + 16), (false, Some(2), vec![]));
        assert_eq!(planned(&both, day + 17), (false, Some(2), vec![1]));
    }

    #[test]
    fn the_key_that_signs_is_never_dropped() {
        let keys = [key(1, 0), key(2, 10), key(3, 27), key(4, 30)];
        for minutes in 0..2000 {
            let (_, sign, drop) = planned(&keys, minutes);
            assert!(!drop.contains(&sign.unwrap()), "minute {minutes}");
        }
    }
}
