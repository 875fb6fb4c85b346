//! Data keys of an organization, opened: for other services, and for identity's own keyring.

use std::sync::Arc;

use access::TenantScope;
use async_trait::async_trait;
use clock::Entropy;
use ids::OrgId;
use keyring::{KeyError, KeySource};
use pg::{TenantPool, TenantTx};
use sealing::{OrgKeys, SecretKey};
use uuid::Uuid;

use crate::{
    domain::wrapping::{KeyEncryptionKey, KeyName},
    store::keys::{self, WrappedKey},
    usecase::Failure,
};

/// A data key in the clear. It does not print.
pub(crate) struct DataKey {
    /// `content` or `search`.
    pub(crate) purpose: String,
    pub(crate) version: u32,
    pub(crate) key: SecretKey,
}

/// Opens the keys of an organization.
#[derive(Clone)]
pub(crate) struct KeyStore {
    pub(crate) pool: TenantPool,
    pub(crate) kek: Arc<KeyEncryptionKey>,
}

impl KeyStore {
    /// All that can still open.
    pub(crate) async fn keys(&self, org: OrgId) -> Result<Vec<DataKey>, Failure> {
        let mut tx = TenantTx::begin(&self.pool, &TenantScope::for_credential(org)).await?;
        let wrapped = keys::list(&mut tx).await?;
        tx.commit().await?;
        if wrapped.is_empty() {
            return Err(Failure::NotFound);
        }
        let open = |key: WrappedKey| {
            let opened = self.kek.unwrap(name(org, &key.purpose, key.version), &key.wrapped)?;
            Ok(DataKey { purpose: key.purpose, version: key.version, key: opened })
        };
        wrapped.into_iter().map(open).collect()
    }
}

#[async_trait]
impl KeySource for KeyStore {
    async fn fetch(&self, org: OrgId) -> Result<OrgKeys, KeyError> {
        let keys = self.keys(org).await.map_err(|failure| match failure {
            Failure::NotFound => KeyError::Gone,
            Failure::Wrapping(error) => KeyError::Seal(error),
            other => KeyError::Unavailable(other.to_string()),
        })?;
        let (content, search): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.purpose == "content");
        let search = search.into_iter().next_back().ok_or(KeyError::Gone)?;
        OrgKeys::new(content.into_iter().map(|key| (key.version, key.key)), search.key).ok_or(KeyError::Gone)
    }
}

/// What a data key is bound to.
pub(crate) fn name(org: OrgId, purpose: &str, version: u32) -> KeyName<'_> {
    KeyName { org, purpose, version, id: Uuid::nil() }
}

/// A fresh key of the organization with its wrapped form.
pub(crate) fn fresh(
    kek: &KeyEncryptionKey,
    entropy: &Entropy,
    org: OrgId,
    purpose: &str,
    version: u32,
) -> Result<(SecretKey, WrappedKey), Failure> {
    let key = SecretKey::random(entropy)?;
    let wrapped = kek.wrap(name(org, purpose, version), &key, entropy)?;
    Ok((key, WrappedKey { purpose: purpose.to_owned(), version, wrapped }))
}
