//! Normalising a delivery once more: after a mended reader, or to be sure. Its effects meet those of the first time.

use access::{Permit, action::ManageIntegrations};
use ids::{DeliveryId, IntegrationId};
use pg::TenantTx;

use super::share::audit;
use crate::{
    Ingestion,
    domain::identity,
    normalise::WorkError,
    store::{deliveries, queue},
};

/// Puts a delivery into the queue again. `None` when there is none, it is waiting already, or its body is gone.
pub async fn replay(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    integration: IntegrationId,
    delivery: DeliveryId,
) -> Result<Option<deliveries::Listed>, WorkError> {
    let mut tx = TenantTx::begin(&service.pool, &permit.scope()).await?;
    let Some(row) = deliveries::reset(&mut tx, integration.uuid(), delivery.uuid()).await? else {
        return Ok(None);
    };
    let ticket = service.ticket_key.issue(permit.org(), delivery.uuid().as_bytes());
    let shard = identity::shard(row.source_id.unwrap_or_else(|| integration.uuid()));
    queue::add(&mut tx, &[delivery.uuid()], &[shard], &[ticket.as_bytes().to_vec()]).await?;
    audit(service, &mut tx, permit.caller(), "delivery.replayed", delivery.to_string()).await?;
    service.emitter.commit(tx).await?;
    service.arrived.wake_all();
    Ok(Some(row))
}
