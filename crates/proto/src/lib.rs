//! The contracts between services, generated from `proto/`.
//!
//! Nothing is written by hand here: a message's documentation is in its `.proto` file.

/// Events on the bus.
pub mod events {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("oz.events.v1");
    }
}

/// The contract of the identity service.
pub mod identity {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("oz.identity.v1");
    }
}

/// The contract of the ingestion service.
pub mod ingestion {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("oz.ingestion.v1");
    }
}

/// The contract of the task service.
pub mod task {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("oz.task.v1");
    }
}

/// The contract of the feed service.
pub mod feed {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("oz.feed.v1");
    }
}

/// The contract of the aggregation service.
pub mod aggregation {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("oz.aggregation.v1");
    }
}

/// All contracts as an encoded `FileDescriptorSet`: the isolation matrix lists every RPC from it.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

impl std::fmt::Debug for identity::v1::DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey({} {}, …)", self.purpose, self.version)
    }
}
