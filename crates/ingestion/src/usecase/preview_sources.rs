//! What sharing a list would mean, before anything is stored or purged.

use std::collections::HashMap;

use access::{Permit, action::ManageIntegrations};
use ids::{IntegrationId, SourceId};
use pg::TenantTx;
use sealing::Binding;

use super::put_sources::{PutError, Wanted, checked};
use crate::{
    Ingestion,
    domain::{identity, visibility::Visibility},
    normalise::WorkError,
    store::{integrations, sources},
};

/// What sharing one source would mean.
pub struct Preview {
    pub key: String,
    pub visibility: Visibility,
    /// `added`, `kept`, `narrowed`, `widened` or `removed`.
    pub change: &'static str,
    /// How many can see it at the provider, where that is known and decides.
    pub members: Option<i64>,
    /// What would be purged.
    pub items_purged: i64,
}

/// One line a source: those in the list, then those that would be purged.
pub async fn preview(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    integration: IntegrationId,
    wanted: Vec<Wanted>,
) -> Result<Vec<Preview>, PutError> {
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
        previews.push(Preview { key, visibility, change, members, items_purged: 0 });
    }
    for row in before.into_values() {
        let binding = Binding { org, kind: "source", id: row.source_id };
        let key = keys.open(binding, &row.key).map_err(|e| WorkError::Key(e.into()))?;
        previews.push(Preview {
            key: String::from_utf8(key).unwrap_or_default(),
            visibility: Visibility::of_audience(org, SourceId::from_uuid(row.source_id), row.audience),
            change: "removed",
            members: None,
            items_purged: row.items,
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
