//! What travels on a bus.

use std::fmt;

use bytes::Bytes;

/// A record to publish, and as it comes back.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Records with equal keys share a partition, and so keep their order.
    pub key: Vec<u8>,
    /// The bytes; the bus does not look into them.
    pub payload: Bytes,
    /// The event's id, by which consumers tell repetitions. Absent only where another program wrote the record.
    pub event_id: Option<[u8; 16]>,
    /// The trace the record belongs to, as W3C Trace Context writes it.
    pub traceparent: Option<String>,
}

impl Record {
    /// A record without a trace.
    #[must_use]
    pub fn new(key: impl Into<Vec<u8>>, payload: impl Into<Bytes>, event_id: [u8; 16]) -> Self {
        Self { key: key.into(), payload: payload.into(), event_id: Some(event_id), traceparent: None }
    }

    /// Key and payload together, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.key.len() + self.payload.len()
    }

    /// Whether key and payload are both empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Sizes only: a payload may be private.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event_id = self.event_id.map(uuid::Uuid::from_bytes);
        f.debug_struct("Record")
            .field("event_id", &event_id)
            .field("bytes", &self.len())
            .finish_non_exhaustive()
    }
}

/// A record with its place in the partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Its place; grows along the partition.
    pub offset: i64,
    /// The record.
    pub record: Record,
}

/// Consecutive records of one partition; never empty as it comes from a consumer.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The topic.
    pub topic: String,
    /// The partition of the topic.
    pub partition: i32,
    /// The records, in order.
    pub records: Vec<Delivered>,
    /// During which ownership of the partition the batch was read.
    pub(crate) epoch: u64,
}

impl Batch {
    /// Cuts the batch in two: `self` keeps the first `at` records, the rest is returned. So a consumer can commit
    /// what it has done and retry the rest.
    #[must_use = "the rest is to be worked or retried"]
    pub fn split_off(&mut self, at: usize) -> Self {
        let records = self.records.split_off(at.min(self.records.len()));
        Self { topic: self.topic.clone(), partition: self.partition, records, epoch: self.epoch }
    }

    /// Where to go back to on failure.
    pub(crate) fn first_offset(&self) -> Option<i64> {
        self.records.first().map(|first| first.offset)
    }

    /// Where to go on after success.
    pub(crate) fn next_offset(&self) -> Option<i64> {
        self.records.last().map(|last| last.offset + 1)
    }
}
