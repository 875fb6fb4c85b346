//! What can be asked of the feed, one verb a file.

pub mod delete_mute;
pub mod list_mutes;
pub mod list_stories;
pub mod mark_seen;
pub mod put_mute;
pub mod search;
pub mod stream_stories;
pub(crate) mod telling;

use clock::Clock;
use keyring::{KeyError, Keyring};
use pg::{PgError, TenantPool};

use crate::{
    directory::{Directory, DirectoryError},
    events_content::OpenError,
    tales::Tales,
};

/// What use cases work with.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    pub pool: TenantPool,
    pub keyring: Keyring,
    pub directory: Directory,
    pub tales: Tales,
    pub clock: Clock,
}

/// What no use case can help.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database.
    #[error("store")]
    Pg(#[from] PgError),
    /// The keys.
    #[error("keys")]
    Key(#[from] KeyError),
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Pg(error) => Self::Pg(error),
            DirectoryError::Key(error) => Self::Key(error),
        }
    }
}

/// Content that does not open is shown as nothing; missing keys are a failure.
fn legible<T: Default>(opened: Result<T, OpenError>) -> Result<T, KeyError> {
    match opened {
        Ok(value) => Ok(value),
        Err(OpenError::Malformed | OpenError::Key(KeyError::Seal(_))) => {
            metrics::counter!("oz_feed_illegible_total").increment(1);
            Ok(T::default())
        }
        Err(OpenError::Key(error)) => Err(error),
    }
}
