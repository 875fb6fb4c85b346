//! What a source brought, gone everywhere.

use events::{Event, topic};
use ids::SourceId;
use pg::TenantTx;
use proto::events::v1::SourceRemoved;

use crate::{
    Ingestion,
    normalise::WorkError,
    store::{coverage, sources},
};

/// Ends the sharing of a source, deletes what it brought here, and tells the others to do the same. True when it was shared.
pub async fn source(service: &Ingestion, tx: &mut TenantTx, source: SourceId) -> Result<bool, WorkError> {
    let Some(revision) = sources::end(tx, source.uuid()).await? else { return Ok(false) };
    coverage::let_go(tx, Some(source.uuid()), &[]).await?;
    sources::purge(tx, source.uuid()).await?;
    let event = SourceRemoved { source_id: source.to_vec(), revision };
    let at = service.entropy.clock().now_us();
    service.emitter.append(tx, [Event::new(topic::AUDIENCE, source.uuid(), at, &event)]).await?;
    Ok(true)
}
