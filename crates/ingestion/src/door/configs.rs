//! What the door knows of an integration: its secrets and what is shared, cached for seconds.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use clock::Clock;
use ids::{IntegrationId, OrgId, SourceId};
use keyring::{KeyError, Keyring};
use pg::{PgError, TenantPool};
use sealing::OrgKeys;
use uuid::Uuid;

use crate::store::door;

/// How long a configuration is believed, microseconds. A secret taken back in another process ends within this time; a source that
/// is no longer shared ends at once, because the commit looks again.
const LIFETIME_US: i64 = 2_000_000;
/// How many integrations one process keeps.
const CAPACITY: usize = 50_000;

/// One integration. No `Debug`: it holds secrets.
pub struct Config {
    pub org: OrgId,
    pub integration: IntegrationId,
    pub provider: String,
    /// Not deleted. One that the provider said is disconnected still believes what is rightly signed: it may be connected again.
    pub active: bool,
    pub keys: Arc<OrgKeys>,
    secret: Option<Vec<u8>>,
    previous: Option<(Vec<u8>, i64)>,
    sources: HashMap<[u8; 32], SourceId>,
}

impl Config {
    /// The secrets valid at a time.
    pub fn secrets(&self, now_us: i64) -> Vec<&[u8]> {
        let previous =
            self.previous.as_ref().filter(|(_, until)| now_us < *until).map(|(secret, _)| &secret[..]);
        self.secret.as_deref().into_iter().chain(previous).collect()
    }

    /// The shared source of this canonical key.
    pub fn source(&self, canonical: &str) -> Option<SourceId> {
        let hash = crate::domain::identity::source_key_hash(self.keys.search(), self.integration, canonical);
        self.sources.get(&hash).copied()
    }
}

/// A configuration could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The database.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Configurations by integration.
pub struct Configs {
    pool: TenantPool,
    keyring: Keyring,
    clock: Clock,
    cache: RwLock<HashMap<Uuid, (Arc<Config>, i64)>>,
}

impl Configs {
    pub fn new(pool: TenantPool, keyring: Keyring, clock: Clock) -> Self {
        Self { pool, keyring, clock, cache: RwLock::default() }
    }

    /// The configuration, at most seconds old.
    pub async fn get(&self, id: IntegrationId) -> Result<Option<Arc<Config>>, ConfigError> {
        let cached = self.cache.read().unwrap_or_else(PoisonError::into_inner).get(&id.uuid()).cloned();
        match cached {
            Some((config, until)) if self.clock.now_us() < until => Ok(Some(config)),
            _ => self.load(id).await,
        }
    }

    /// The configuration as it is now.
    pub async fn load(&self, id: IntegrationId) -> Result<Option<Arc<Config>>, ConfigError> {
        let until = self.clock.now_us() + LIFETIME_US;
        let Some(row) = door::integration(&self.pool, id.uuid()).await? else {
            self.forget(id);
            return Ok(None);
        };
        let config = match self.open(id, row).await {
            Err(ConfigError::Key(KeyError::Gone)) => return Ok(None),
            other => Arc::new(other?),
        };
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CAPACITY {
            cache.clear();
        }
        cache.insert(id.uuid(), (config.clone(), until));
        Ok(Some(config))
    }

    /// Forgets a configuration that was changed.
    pub fn forget(&self, id: IntegrationId) {
        self.cache.write().unwrap_or_else(PoisonError::into_inner).remove(&id.uuid());
    }

    async fn open(&self, id: IntegrationId, row: door::DoorRow) -> Result<Config, ConfigError> {
        let org = OrgId::from_uuid(row.org_id);
        let open = async |sealed: Option<Vec<u8>>| match sealed {
            Some(sealed) => self.keyring.open(org, "secret", id.uuid(), &sealed).await.map(Some),
            None => Ok(None),
        };
        let hashes = row.key_hashes.iter().filter_map(|hash| <[u8; 32]>::try_from(&hash[..]).ok());
        let previous_until = row.previous_until.map(|at| at.timestamp_micros());
        Ok(Config {
            org,
            integration: id,
            active: row.status != "deleted",
            provider: row.provider,
            keys: self.keyring.keys(org).await?,
            secret: open(row.secret).await?,
            previous: open(row.previous_secret).await?.zip(previous_until),
            sources: hashes.zip(row.source_ids.into_iter().map(SourceId::from_uuid)).collect(),
        })
    }
}
