//! What ingestion learns from identity: which account is which member, and that an organization is gone.

use async_trait::async_trait;
use events::{Received, topic};
use outbox::{HandleError, Handler};
use pg::TenantTx;
use proto::events::v1::{AccountLinked, OrganizationChanged};
use uuid::Uuid;

use crate::store;

/// Topics it listens to.
pub const TOPICS: &[&str] = &[topic::ORGANIZATION];

/// Keeps the links between accounts and members.
pub struct Links;

#[async_trait]
impl Handler for Links {
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        for event in events {
            if let Some(linked) = event.decode::<AccountLinked>()? {
                let account = Uuid::from_slice(&linked.account_id)
                    .map_err(|_| HandleError::Poison("account_id is not an id".to_owned()))?;
                store::accounts::link(tx, account, Uuid::from_slice(&linked.member_id).ok()).await?;
            }
            if event.decode::<OrganizationChanged>()?.is_some_and(|change| change.erased) {
                store::erase_organization(tx).await?;
            }
        }
        Ok(())
    }
}
