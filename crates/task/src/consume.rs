//! What the other services publish, and what follows from it here.
//!
//! A batch is sorted into what it says about people, about audiences and about items, and each part is a handful of statements
//! however many events there are. Topics arrive in any order among each other: whatever is not known yet is hidden.

mod activity;
mod audience;
mod directory;
mod known;
mod mirror;
mod reading;
mod taking;
mod talk;

use ::events::{Received, topic};
use async_trait::async_trait;
use clock::Entropy;
use keyring::{KeyError, Keyring};
use outbox::{Emitter, HandleError, Handler};
use pg::TenantTx;
use proto::events::v1 as wire;

use crate::{failure::Failure, ledger::Ledger, store::purge};

/// What the service listens to.
pub(crate) const TOPICS: [&str; 4] = [topic::ACTIVITY, topic::AUDIENCE, topic::ACCOUNT, topic::ORGANIZATION];

/// Applies events of the other services.
pub struct TaskEvents {
    ledger: Ledger,
    entropy: Entropy,
}

impl TaskEvents {
    /// A handler that opens content by `keyring` and tells the others by `emitter`.
    #[must_use]
    pub fn new(keyring: Keyring, emitter: Emitter, entropy: Entropy) -> Self {
        Self { ledger: Ledger { keyring, emitter }, entropy }
    }

    /// Whether the organization is there; an erased one has no keys, and nothing of it is taken in again.
    async fn is_alive(&self, tx: &TenantTx) -> Result<bool, Failure> {
        match self.ledger.keyring.keys(tx.org()).await {
            Ok(_) => Ok(true),
            Err(KeyError::Gone) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn apply_all(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        if erases(events)? {
            purge::organization(tx).await?;
            self.ledger.keyring.forget(tx.org());
            return Ok(());
        }
        if !self.is_alive(tx).await? {
            return Ok(());
        }
        let now_us = self.entropy.clock().now_us();
        directory::apply(tx, events).await?;
        audience::apply(tx, &self.ledger, events, now_us).await?;
        let activities = activity::read(tx, events).await?;
        mirror::apply(tx, &self.ledger, &activities, now_us).await?;
        talk::apply(tx, &self.ledger, activities, now_us).await?;
        Ok(())
    }
}

fn erases(events: &[Received]) -> Result<bool, HandleError> {
    for event in events {
        if event.decode::<wire::OrganizationChanged>()?.is_some_and(|change| change.erased) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[async_trait]
impl Handler for TaskEvents {
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        self.apply_all(tx, events).await
    }
}

/// The 16 bytes of an id that must be there.
fn uuid(bytes: &[u8], field: &'static str) -> Result<uuid::Uuid, HandleError> {
    uuid::Uuid::from_slice(bytes).map_err(|_| HandleError::Poison(format!("{field} is no id")))
}

/// The 16 bytes of an id, or nothing.
fn some_uuid(bytes: &[u8], field: &'static str) -> Result<Option<uuid::Uuid>, HandleError> {
    if bytes.is_empty() { Ok(None) } else { uuid(bytes, field).map(Some) }
}
