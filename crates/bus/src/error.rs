//! What can go wrong on a bus.

use std::error::Error;

/// An operation on the bus failed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The topic, or the partition asked for, does not exist.
    #[error("no such topic or partition: {0}")]
    UnknownTopic(String),
    /// A record is larger than [`crate::MAX_RECORD_BYTES`].
    #[error("a record of {bytes} bytes is too large for the bus")]
    TooLarge {
        /// Key and payload together.
        bytes: usize,
    },
    /// The topic exists with another number of partitions.
    #[error("topic {topic} has {found} partitions, not {wanted}")]
    PartitionsDiffer {
        /// The topic.
        topic: String,
        /// What was asked for.
        wanted: i32,
        /// What there is.
        found: i32,
    },
    /// The group has shared its partitions anew since the batch was read.
    #[error("the partitions were shared anew since the batch was read")]
    Fenced,
    /// The configuration is not one a bus can start with.
    #[error("the bus is not configured rightly")]
    Configuration(#[source] Box<dyn Error + Send + Sync>),
    /// The bus does not answer, or answered with a failure; trying again later may help.
    #[error("the bus is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl From<sqlx::Error> for BusError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<rdkafka::error::KafkaError> for BusError {
    fn from(error: rdkafka::error::KafkaError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<tokio::task::JoinError> for BusError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
