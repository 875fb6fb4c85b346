//! What is remembered for a moment, bounded in time and number.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Entries<T> = HashMap<[u8; 32], (Arc<T>, i64)>;

/// Values by hash, each until a time of its own.
pub(crate) struct Cache<T> {
    entries: Mutex<Entries<T>>,
    capacity: usize,
}

impl<T> Cache<T> {
    pub fn new(capacity: usize) -> Self {
        Self { entries: Mutex::new(HashMap::new()), capacity }
    }

    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, hash: &[u8; 32], now_us: i64) -> Option<Arc<T>> {
        let entries = self.entries();
        let (value, until_us) = entries.get(hash)?;
        (now_us < *until_us).then(|| Arc::clone(value))
    }

    /// When full, what has expired goes, and if nothing has, everything: it is all remembered for seconds only.
    pub fn put(&self, hash: [u8; 32], value: Arc<T>, until_us: i64, now_us: i64) {
        let mut entries = self.entries();
        if entries.len() >= self.capacity {
            entries.retain(|_, (_, until_us)| now_us < *until_us);
            if entries.len() >= self.capacity {
                entries.clear();
            }
        }
        entries.insert(hash, (value, until_us));
    }

    pub fn remove(&self, hash: &[u8; 32]) {
        self.entries().remove(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outlives_its_time_or_the_capacity() {
        let cache = Cache::new(2);
        cache.put([1; 32], Arc::new(1), 10, 0);
        assert_eq!(cache.get(&[1; 32], 9).as_deref(), Some(&1));
        assert_eq!(cache.get(&[1; 32], 10), None);
        cache.put([2; 32], Arc::new(2), 20, 0);
        cache.put([3; 32], Arc::new(3), 20, 15);
        assert!(cache.get(&[2; 32], 15).is_some(), "only the expired one went");
        cache.put([4; 32], Arc::new(4), 20, 15);
        assert!(cache.entries().len() <= 2);
        cache.remove(&[4; 32]);
        assert!(cache.get(&[4; 32], 15).is_none());
    }
}
