//! Rows in the words of the wire.

use std::collections::HashMap;

use ids::{DeliveryId, IntegrationId, MemberId, OrgId};
use pg::TenantTx;
use proto::ingestion::v1::{CoverageLine, Delivery, Integration, Provider, SourcePreview};
use sealing::{Binding, OrgKeys};
use tonic::Status;
use uuid::Uuid;

use super::answer;
use crate::{
    domain::visibility::Visibility,
    store::{coverage, deliveries, integrations, sources},
    usecase::preview_sources::Preview,
};

pub fn provider(row: &providers::Provider) -> Provider {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let hook = row.hook.as_ref();
    Provider {
        name: row.name.to_owned(),
        title: row.title.to_owned(),
        reads: words(row.reads),
        may_send_back: words(row.may_send_back),
        verification: row.verification.to_owned(),
        identity: row.sameness.to_owned(),
        patience_seconds: hook.map_or(0, |hook| hook.patience_seconds),
        body_cap_bytes: hook.map_or(0, |hook| u64::try_from(hook.body_cap_bytes).unwrap_or(u64::MAX)),
        history: row.history.to_owned(),
        renewal: row.renewal.to_owned(),
        notes: words(row.notes),
        source_key: row.source_keys.to_owned(),
        has_hook: hook.is_some(),
    }
}

pub fn integration(keys: &OrgKeys, org: OrgId, row: &integrations::Row) -> Result<Integration, Status> {
    let binding = Binding { org, kind: "integration", id: row.integration_id };
    let name = keys.open(binding, &row.name).map_err(|error| answer::key(error.into()))?;
    Ok(Integration {
        id: IntegrationId::from_uuid(row.integration_id).to_string(),
        provider: row.provider.clone(),
        name: String::from_utf8(name).unwrap_or_default(),
        status: row.status.clone(),
        created_at_us: row.created_at.timestamp_micros(),
        created_by: MemberId::from_uuid(row.created_by).to_string(),
        sources: u32::try_from(row.sources).unwrap_or(u32::MAX),
    })
}

/// The key of a source as people write it; empty for one that is no longer shared.
pub fn source_key(keys: &OrgKeys, org: OrgId, id: Uuid, sealed: &[u8]) -> Result<String, Status> {
    if sealed.is_empty() {
        return Ok(String::new());
    }
    let plain =
        keys.open(Binding { org, kind: "source", id }, sealed).map_err(|error| answer::key(error.into()))?;
    Ok(String::from_utf8(plain).unwrap_or_default())
}

/// Keys of many sources by id.
pub async fn source_keys(
    tx: &mut TenantTx,
    keys: &OrgKeys,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, Status> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let org = tx.org();
    let rows = sources::keys(tx, &ids).await.map_err(answer::pg)?;
    rows.into_iter().map(|(id, sealed)| Ok((id, source_key(keys, org, id, &sealed)?))).collect()
}

pub fn coverage_line(row: coverage::Line, names: &HashMap<Uuid, String>) -> CoverageLine {
    CoverageLine {
        event: row.event,
        outcome: row.outcome,
        reason: row.reason,
        count: u64::try_from(row.count).unwrap_or_default(),
        first_at_us: row.first_at.timestamp_micros(),
        last_at_us: row.last_at.timestamp_micros(),
        source: row.source_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
    }
}

pub fn delivery(row: deliveries::Listed, names: &HashMap<Uuid, String>) -> Delivery {
    Delivery {
        id: DeliveryId::from_uuid(row.delivery_id).to_string(),
        event: row.event,
        state: row.state,
        reason: row.reason,
        received_at_us: row.received_at.timestamp_micros(),
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        source: row.source_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
    }
}

pub fn preview(preview: Preview) -> SourcePreview {
    let by_members = preview.visibility == Visibility::Source && preview.change != "removed";
    SourcePreview {
        key: preview.key,
        visibility: preview.visibility.text(),
        change: preview.change.to_owned(),
        members: preview.members.and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
        members_known: !by_members || preview.members.is_some(),
        items_purged: u64::try_from(preview.items_purged).unwrap_or_default(),
    }
}
