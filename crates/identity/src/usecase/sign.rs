//! Keys that sign caller tokens: loading, rotating, showing.

use std::sync::{Arc, PoisonError, RwLock};

use access::{SigningKey, TenantScope, VerifyingKeys};
use clock::Entropy;
use ids::OrgId;
use pg::{TenantPool, TenantTx};
use sealing::SecretKey;
use uuid::Uuid;

use crate::{
    domain::{
        rotation::plan,
        wrapping::{KeyEncryptionKey, KeyName},
    },
    store::signing::{self, WrappedSeed},
    usecase::Failure,
};

/// Id and raw bytes of a key that verifies.
pub(crate) type PublicKey = (String, [u8; 32]);

/// The key that signs now, and all keys whose tokens are to be believed. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Signer(Arc<RwLock<Keys>>);

#[derive(Clone, Default)]
struct Keys {
    current: Option<Arc<SigningKey>>,
    shown: Vec<PublicKey>,
}

impl Signer {
    /// The key that signs; `None` before the first [`refresh`].
    pub(crate) fn current(&self) -> Option<Arc<SigningKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// Keys to believe.
    pub(crate) fn shown(&self) -> Vec<PublicKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).shown.clone()
    }

    /// Keys to believe, for identity itself.
    pub(crate) fn verifying(&self) -> VerifyingKeys {
        VerifyingKeys::new("identity", self.shown())
    }
}

/// The installation, under whose id the signing keys stand.
const INSTALLATION: OrgId = OrgId::from_uuid(Uuid::nil());

/// Reads the keys, makes one that is due, drops those that nobody needs, and lets `signer` go on with the rest.
pub(crate) async fn refresh(
    pool: &TenantPool,
    kek: &KeyEncryptionKey,
    entropy: &Entropy,
    signer: &Signer,
) -> Result<(), Failure> {
    let now = entropy.clock().now();
    let mut tx = TenantTx::begin(pool, &TenantScope::for_credential(INSTALLATION)).await?;
    let mut seeds = signing::lock_and_list(&mut tx).await?;
    let due = plan(&made(&seeds), now);
    if due.make {
        let id = entropy.uuid();
        let seed = SecretKey::new(SigningKey::fresh_seed(entropy)?);
        let fresh = WrappedSeed { id, wrapped: kek.wrap(name(id), &seed, entropy)?, made: now };
        signing::insert(&mut tx, &fresh).await?;
        seeds.push(fresh);
    }
    if !due.drop.is_empty() {
        signing::delete(&mut tx, &due.drop).await?;
        seeds.retain(|seed| !due.drop.contains(&seed.id));
    }
    let keys = open(kek, &seeds, plan(&made(&seeds), now).sign_with)?;
    tx.commit().await?;
    *signer.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    Ok(())
}

fn open(kek: &KeyEncryptionKey, seeds: &[WrappedSeed], sign_with: Option<Uuid>) -> Result<Keys, Failure> {
    let mut keys = Keys::default();
    for seed in seeds {
        let opened = kek.unwrap(name(seed.id), &seed.wrapped)?;
        let Some(key) = SigningKey::from_seed(opened.expose()) else {
            return Err(Failure::Damaged("signing key"));
        };
        keys.shown.push(key.public());
        if Some(seed.id) == sign_with {
            keys.current = Some(Arc::new(key));
        }
    }
    Ok(keys)
}

fn made(seeds: &[WrappedSeed]) -> Vec<(Uuid, chrono::DateTime<chrono::Utc>)> {
    seeds.iter().map(|seed| (seed.id, seed.made)).collect()
}

fn name(id: Uuid) -> KeyName<'static> {
    KeyName { org: INSTALLATION, purpose: "signing", version: 1, id }
}
