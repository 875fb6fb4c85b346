//! What a source brought, gone everywhere.

use ids::SourceId;
use pg::TenantTx;

use crate::{
    Ingestion, events,
    normalise::WorkError,
    store::{coverage, sources},
};

/// Ends the sharing of a source, deletes what it brought here, and tells the others to do the same. True when it was shared.
pub async fn source(service: &Ingestion, tx: &mut TenantTx, source: SourceId) -> Result<bool, WorkError> {
    let Some(revision) = sources::end(tx, source.uuid()).await? else { return Ok(false) };
    coverage::let_go(tx, Some(source.uuid()), &[]).await?;
    sources::purge(tx, source.uuid()).await?;
    let at = service.entropy.clock().now_us();
    service.emitter.append(tx, [events::source_removed(source, revision, at)]).await?;
    Ok(true)
}
