//! Which times of an archive are believed.
//!
//! Archives hold clocks that were never set (1970), counters that ran over (2038, 2106) and garbage. Oz has no clock
//! here, so it believes a fixed span; ingestion, which has one, may narrow it further.

use chrono::{DateTime, Utc};

/// 1971-01-01: what is earlier is a clock that was never set.
const EARLIEST: i64 = 31_536_000;
/// 2100-01-01: what is later is a counter that ran over.
const LATEST: i64 = 4_102_444_800;

/// The time, if it lies within the span that is believed.
pub(super) fn plausible(seconds: i64, nanoseconds: u32) -> Option<DateTime<Utc>> {
    if !(EARLIEST..LATEST).contains(&seconds) {
        return None;
    }
    DateTime::from_timestamp(seconds, nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::plausible;

    #[test]
    fn unset_and_overrun_clocks_are_not_believed() {
        for garbage in [0, 86_400, -1, i64::MIN, i64::MAX, i64::from(u32::MAX)] {
            assert!(plausible(garbage, 0).is_none(), "{garbage}");
        }
        assert!(plausible(1_700_000_000, 0).is_some());
    }
}
