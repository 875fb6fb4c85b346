//! What fails beneath every operation, whoever asked for it.

use keyring::KeyError;
use outbox::{EmitError, HandleError};
use pg::PgError;

/// Something beneath the operation failed. Texts carry no content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The database.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// The organization's keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The outbox.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// Something stored is not what this build reads.
    #[error("stored {0} does not read")]
    Corrupt(&'static str),
}

impl Failure {
    /// Whether trying again may help.
    pub(crate) const fn is_transient(&self) -> bool {
        match self {
            Self::Pg(error) | Self::Emit(EmitError::Pg(error)) => error.is_transient(),
            Self::Keys(error) => error.is_transient(),
            Self::Emit(EmitError::Event(_)) | Self::Corrupt(_) => false,
        }
    }
}

impl From<Failure> for HandleError {
    fn from(failure: Failure) -> Self {
        if failure.is_transient() { Self::retry(failure) } else { Self::Poison(failure.to_string()) }
    }
}
