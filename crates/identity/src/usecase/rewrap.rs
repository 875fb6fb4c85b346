//! A new key-encryption key: every key of the installation is wrapped anew.

use clock::Entropy;
use ids::OrgId;
use pg::{PgError, QueuePool};
use sealing::SealError;

use crate::{
    domain::wrapping::{KeyEncryptionKey, KeyName},
    store::rewrap::{AllKeys, AnyKey},
};

/// The key-encryption key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// The database did not; nothing is changed.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// A key opens under neither of the two; nothing is changed.
    #[error("a wrapped key opens under neither key-encryption key: {0}")]
    Key(#[from] SealError),
}

/// Wraps every key that `old` opens under `new`, all in one transaction, and says how many. Keys that are under `new` already stay,
/// so it may be repeated. Identity has to be stopped before and started with `new` after.
///
/// # Errors
/// When a key opens under neither, or the database is away; then nothing is changed.
pub async fn rewrap(
    queue: &QueuePool,
    old: &KeyEncryptionKey,
    new: &KeyEncryptionKey,
    entropy: &Entropy,
) -> Result<usize, RewrapError> {
    let mut all = AllKeys::begin(queue).await?;
    let mut changed = 0;
    for key in all.data_keys().await? {
        if let Some(wrapped) = wrapped_anew(&key, old, new, entropy)? {
            all.replace_data_key(&key, &wrapped).await?;
            changed += 1;
        }
    }
    for key in all.signing_keys().await? {
        if let Some(wrapped) = wrapped_anew(&key, old, new, entropy)? {
            all.replace_signing_key(&key, &wrapped).await?;
            changed += 1;
        }
    }
    all.commit().await?;
    Ok(changed)
}

/// `None` when it is under the new one already.
fn wrapped_anew(
    key: &AnyKey,
    old: &KeyEncryptionKey,
    new: &KeyEncryptionKey,
    entropy: &Entropy,
) -> Result<Option<Vec<u8>>, SealError> {
    let name =
        KeyName { org: OrgId::from_uuid(key.org), purpose: &key.purpose, version: key.version, id: key.id };
    if new.unwrap(name, &key.wrapped).is_ok() {
        return Ok(None);
    }
    let opened = old.unwrap(name, &key.wrapped)?;
    new.wrap(name, &opened, entropy).map(Some)
}
