//! Time and randomness as arguments.
//!
//! Nothing else in the workspace asks the machine for either, so every test can say what time it is.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

/// Where time comes from: the machine, or a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until [`Clock::advance`].
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// Now, in whole microseconds, which is what the database keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        from_micros(self.now_us())
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        match &self.0 {
            Some(fixed) => fixed.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => Utc::now().timestamp_micros(),
        }
    }

    /// Moves a fixed clock; the machine's clock does not listen.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Some(fixed) = &self.0 {
            fixed.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

/// Microseconds since the epoch as a time; the epoch itself for values out of range.
#[must_use]
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The machine's source of randomness failed; nothing secret can be made.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the machine gave no randomness")]
pub struct NoRandomness;

/// Where randomness and fresh identifiers come from.
#[derive(Debug, Clone)]
pub struct Entropy {
    random: SystemRandom,
    clock: Clock,
}

impl Entropy {
    /// Randomness of the operating system; times inside identifiers by `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { random: SystemRandom::new(), clock }
    }

    /// The clock it was made with.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Fills an array with random bytes.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(bytes)
    }

    /// A fresh UUID version 7 (RFC 9562): its order is the order of making, to the millisecond.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now_us() / 1000).unwrap_or(0);
        let mut random = [0; 10];
        // An id need not be secret: without randomness the version 4 generator of the library is asked instead of failing.
        if self.random.fill(&mut random).is_err() {
            random.copy_from_slice(&Uuid::new_v4().as_bytes()[..10]);
        }
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_by_hand() {
        let clock = Clock::fixed(from_micros(1_000_000));
        assert_eq!(clock.now_us(), 1_000_000);
        clock.clone().advance(chrono::TimeDelta::seconds(2));
        assert_eq!(clock.now_us(), 3_000_000);
    }

    #[test]
    fn fresh_ids_carry_the_time_and_differ() {
        let entropy = Entropy::new(Clock::fixed(from_micros(1_700_000_000_123_000)));
        let (a, b) = (entropy.uuid(), entropy.uuid());
        assert_ne!(a, b);
        assert_eq!(a.get_version_num(), 7);
        assert_eq!(a.get_timestamp().map(|t| t.to_unix().0), Some(1_700_000_000));
    }
}
