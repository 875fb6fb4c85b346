//! Organization data keys, fetched from identity and cached for minutes.
//!
//! Destroying an organization's keys in identity makes its content noise everywhere as soon as the caches run out.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use clock::{Clock, Entropy};
use ids::OrgId;
use proto::identity::v1::{GetKeysRequest, key_service_client::KeyServiceClient};
use rpc::AsService;
use sealing::{Binding, OrgKeys, SealError, SecretKey};
use tonic::{service::interceptor::InterceptedService, transport::Channel};
use uuid::Uuid;

/// How long fetched keys are believed, microseconds. Erasure takes effect everywhere within this time.
const LIFETIME_US: i64 = 5 * 60 * 1_000_000;
/// How many organizations' keys one process keeps at most.
const CAPACITY: usize = 20_000;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The organization is erased or never was: its content will never open again.
    #[error("the organization has no keys")]
    Gone,
    /// Identity does not answer right now.
    #[error("keys are not available right now: {0}")]
    Unavailable(String),
    /// A blob was altered or belongs elsewhere, or no nonce could be made.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl KeyError {
    /// Whether trying again may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Seal(SealError::NoRandomness))
    }
}

/// Where keys come from: identity over gRPC, or inside identity its own store.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// All keys of an organization that can still open.
    ///
    /// # Errors
    /// [`KeyError::Gone`] or [`KeyError::Unavailable`].
    async fn fetch(&self, org: OrgId) -> Result<OrgKeys, KeyError>;
}

/// Keys and until when they are believed, microseconds since the epoch.
type Cache = HashMap<OrgId, (Arc<OrgKeys>, i64)>;

/// Keys by organization, and sealing with them. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    source: Arc<dyn KeySource>,
    cache: Arc<Mutex<Cache>>,
    entropy: Entropy,
}

impl Keyring {
    /// A keyring in front of a source.
    pub fn new(source: impl KeySource + 'static, entropy: Entropy) -> Self {
        Self { source: Arc::new(source), cache: Arc::default(), entropy }
    }

    /// A keyring that asks identity.
    #[must_use]
    pub fn of_identity(channel: Channel, credential: AsService, entropy: Entropy) -> Self {
        Self::new(Remote(KeyServiceClient::with_interceptor(channel, credential)), entropy)
    }

    /// The organization's keys.
    ///
    /// # Errors
    /// When there are none or identity does not answer.
    pub async fn keys(&self, org: OrgId) -> Result<Arc<OrgKeys>, KeyError> {
        let now = self.clock().now_us();
        if let Some((keys, until)) = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&org)
            && now < *until
        {
            return Ok(keys.clone());
        }
        self.fetch(org).await
    }

    /// Seals under the organization's newest key, bound to kind and id.
    ///
    /// # Errors
    /// As [`Keyring::keys`].
    pub async fn seal(&self, org: OrgId, kind: &str, id: Uuid, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let keys = self.keys(org).await?;
        Ok(keys.seal(Binding { org, kind, id }, plain, &self.entropy)?)
    }

    /// Opens what was sealed with the same binding. A blob under a key newer than the cached ones makes the keyring ask again.
    ///
    /// # Errors
    /// As [`Keyring::keys`], and when the blob does not open.
    pub async fn open(&self, org: OrgId, kind: &str, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let binding = Binding { org, kind, id };
        let keys = self.keys(org).await?;
        match keys.open(binding, sealed) {
            Err(SealError::NoKey(version)) if version > keys.newest() => {
                Ok(self.fetch(org).await?.open(binding, sealed)?)
            }
            other => Ok(other?),
        }
    }

    /// Forgets an organization's keys at once.
    pub fn forget(&self, org: OrgId) {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }

    /// Randomness and time it was made with.
    #[must_use]
    pub const fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    const fn clock(&self) -> &Clock {
        self.entropy.clock()
    }

    async fn fetch(&self, org: OrgId) -> Result<Arc<OrgKeys>, KeyError> {
        let keys = Arc::new(self.source.fetch(org).await?);
        let now = self.clock().now_us();
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CAPACITY {
            cache.retain(|_, (_, until)| now < *until);
        }
        if cache.len() < CAPACITY {
            cache.insert(org, (keys.clone(), now + LIFETIME_US));
        }
        Ok(keys)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(…)")
    }
}

struct Remote(KeyServiceClient<InterceptedService<Channel, AsService>>);

#[async_trait]
impl KeySource for Remote {
    async fn fetch(&self, org: OrgId) -> Result<OrgKeys, KeyError> {
        let request = GetKeysRequest { org_id: org.to_string() };
        let answer = self.0.clone().get_keys(request).await.map_err(|status| match status.code() {
            tonic::Code::NotFound => KeyError::Gone,
            code => KeyError::Unavailable(code.description().to_owned()),
        })?;
        let (mut content, mut search) = (Vec::new(), None);
        for key in answer.into_inner().keys {
            let secret = SecretKey::from_slice(&key.key).ok_or(KeyError::Gone)?;
            match key.purpose.as_str() {
                "content" => content.push((key.version, secret)),
                "search" => search = Some(secret),
                _ => {}
            }
        }
        search.and_then(|search| OrgKeys::new(content, search)).ok_or(KeyError::Gone)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Stands in for identity: hands out `versions` content keys and counts how often it is asked.
    struct Fake(Arc<(AtomicU32, AtomicU32)>);

    #[async_trait]
    impl KeySource for Fake {
        async fn fetch(&self, _: OrgId) -> Result<OrgKeys, KeyError> {
            self.0.1.fetch_add(1, Ordering::SeqCst);
            let versions = 1..=self.0.0.load(Ordering::SeqCst);
            OrgKeys::new(versions.map(|v| (v, SecretKey::new([v as u8; 32]))), SecretKey::new([9; 32]))
                .ok_or(KeyError::Gone)
        }
    }

    fn fixture() -> (Keyring, Arc<(AtomicU32, AtomicU32)>, Clock, OrgId) {
        let state = Arc::new((AtomicU32::new(1), AtomicU32::new(0)));
        let clock = Clock::fixed(clock::from_micros(0));
        let keyring = Keyring::new(Fake(state.clone()), Entropy::new(clock.clone()));
        (keyring, state, clock, OrgId::from_uuid(Uuid::from_u128(1)))
    }

    #[tokio::test]
    async fn keys_are_asked_for_once_in_their_lifetime() {
        let (keyring, state, clock, org) = fixture();
        let sealed = keyring.seal(org, "item", Uuid::nil(), b"x").await.unwrap();
        assert_eq!(keyring.open(org, "item", Uuid::nil(), &sealed).await.unwrap(), b"x");
        assert_eq!(state.1.load(Ordering::SeqCst), 1);
        clock.advance(chrono::TimeDelta::minutes(5));
        keyring.keys(org).await.unwrap();
        assert_eq!(state.1.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_rotated_key_is_fetched_when_first_met() {
        let (keyring, state, _, org) = fixture();
        keyring.keys(org).await.unwrap();
        state.0.store(2, Ordering::SeqCst);
        let other = Keyring::new(Fake(state.clone()), Entropy::new(Clock::system()));
        let sealed = other.seal(org, "item", Uuid::nil(), b"new").await.unwrap();
        assert_eq!(keyring.open(org, "item", Uuid::nil(), &sealed).await.unwrap(), b"new");
    }

    #[tokio::test]
    async fn without_keys_content_is_gone() {
        let (keyring, state, _, org) = fixture();
        let sealed = keyring.seal(org, "item", Uuid::nil(), b"x").await.unwrap();
        state.0.store(0, Ordering::SeqCst);
        keyring.forget(org);
        assert!(matches!(keyring.open(org, "item", Uuid::nil(), &sealed).await, Err(KeyError::Gone)));
    }
}
