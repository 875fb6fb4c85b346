//! What sharing a list would mean, before anything is stored or purged.

use std::collections::HashMap;

use access::{Permit, action::ManageIntegrations};
use ids::{IntegrationId, SourceId};
use pg::TenantTx;
use proto::ingestion::v1::SourcePreview;
use sealing::Binding;

use super::put_sources::{PutError, Wanted, checked};
use crate::{
    Ingestion,
    domain::{identity, visibility::Visibility},
    normalise::WorkError,
    store::{integrations, sources},
};

/// One line a source: those in the list, then those that would be purged.
pub async fn preview(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    integration: IntegrationId,
    wanted: Vec<Wanted>,
) -> Result<Vec<SourcePreview>, PutError> {
    let org = permit.org();
    let keys = service.keyring.keys(org).await.map_err(WorkError::from)?;
    let mut tx = TenantTx::begin(&service.pool, &permit.scope()).await?;
    let row = integrations::get(&mut tx, integration.uuid()).await?.ok_or(PutError::NotFound)?;
    let wanted = checked(&row.provider, wanted)?;
    let shared = sources::shared(&mut tx, integration.uuid()).await?;
    let ids: Vec<_> = shared.iter().map(|s| s.source_id).collect();
    let members: HashMap<_, _> = sources::member_counts(&mut tx, &ids).await?.into_iter().collect();
    let mut before: HashMap<Vec<u8>, sources::Row> =
        shared.into_iter().map(|s| (s.key_hash.clone(), s)).collect();
    let mut previews = Vec::new();
    for (key, visibility) in wanted {
        let hash = identity::source_key_hash(keys.search(), integration, &key);
        let known = before.remove(&hash[..]);
        let members = known.as_ref().and_then(|row| members.get(&row.source_id)).copied();
        let change = match &known {
            None => "added",
            Some(row) => {
                let current = Visibility::of_audience(org, SourceId::from_uuid(row.source_id), row.audience);
                change_word(current, visibility)
            }
        };
        previews.push(SourcePreview {
            key,
            visibility: visibility.text(),
            change: change.to_owned(),
            members: u32::try_from(members.unwrap_or_default()).unwrap_or(u32::MAX),
            members_known: visibility != Visibility::Source || members.is_some(),
            items_purged: 0,
        });
    }
    for row in before.into_values() {
        let binding = Binding { org, kind: "source", id: row.source_id };
        let key = keys.open(binding, &row.key).map_err(|e| WorkError::Key(e.into()))?;
        previews.push(SourcePreview {
            key: String::from_utf8(key).unwrap_or_default(),
            visibility: Visibility::of_audience(org, SourceId::from_uuid(row.source_id), row.audience).text(),
            change: "removed".to_owned(),
            members: 0,
            members_known: true,
            items_purged: u64::try_from(row.items).unwrap_or_default(),
        });
    }
    Ok(previews)
}

/// Whether fewer or more will see it. Two different teams are neither: whoever was in the first may lose it.
fn change_word(current: Visibility, wanted: Visibility) -> &'static str {
    match (current, wanted) {
        (a, b) if a == b => "kept",
        (Visibility::Organization, _) | (Visibility::Team(_), Visibility::Team(_) | Visibility::Source) => {
            "narrowed"
        }
        (_, Visibility::Organization) | (Visibility::Source, _) => "widened",
    }
}
