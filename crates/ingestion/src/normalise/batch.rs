//! One transaction's worth of deliveries.

use std::collections::HashMap;

use access::TenantScope;
use ids::{IntegrationId, OrgId, SourceId};
use pg::TenantTx;
use providers::{Reading, imports::ImportKind};
use sealing::{Binding, OrgKeys};
use uuid::Uuid;

use super::{WorkError, people::People, translate::Translation};
use crate::{
    Ingestion,
    domain::identity,
    store::{
        coverage,
        deliveries::{self, Fate, Pending},
        integrations, items,
        queue::Waiting,
        sources,
    },
    usecase::{purge, share},
};

/// The source that the door let in, and what the delivery tells.
type Told = (Option<SourceId>, Vec<providers::Fact>);

/// Reads the deliveries at these places, all of one organization, and writes what they say.
pub async fn work(service: &Ingestion, scope: &TenantScope, places: &[&Waiting]) -> Result<(), WorkError> {
    let org = scope.org();
    let keys = service.keyring.keys(org).await?;
    let mut tx = TenantTx::begin(&service.pool, scope).await?;
    let ids: Vec<Uuid> = places.iter().map(|place| place.delivery_id).collect();
    let seqs: Vec<i64> = places.iter().map(|place| place.seq).collect();
    integrations::hold(&mut tx, &ids).await?;
    let pending = deliveries::pending(&mut tx, &ids).await?;
    let (mut fates, mut unshared) = (Vec::new(), Vec::new());
    let mut by_integration: HashMap<Uuid, Vec<Told>> = HashMap::new();
    let mut order: Vec<(Uuid, String)> = Vec::new();
    for delivery in pending {
        if delivery.source_id.is_some() && delivery.source_shared != Some(true) {
            unshared.push(delivery.delivery_id);
            continue;
        }
        let (state, reason, facts) = read(org, &keys, &delivery);
        let imported = ImportKind::from_name(&delivery.provider).is_some();
        let drop_body = imported && state != "failed";
        fates.push(Fate { delivery_id: delivery.delivery_id, state, reason, drop_body });
        if !facts.is_empty() {
            if !by_integration.contains_key(&delivery.integration_id) {
                order.push((delivery.integration_id, delivery.provider));
            }
            let source = delivery.source_id.map(SourceId::from_uuid);
            by_integration.entry(delivery.integration_id).or_default().push((source, facts));
        }
    }
    for (integration, provider) in order {
        let facts = by_integration.remove(&integration).unwrap_or_default();
        write(service, &mut tx, &keys, (IntegrationId::from_uuid(integration), &provider), facts).await?;
    }
    deliveries::settle(&mut tx, &fates, &seqs).await?;
    if !unshared.is_empty() {
        coverage::let_go(&mut tx, None, &unshared).await?;
        deliveries::delete(&mut tx, &unshared).await?;
    }
    service.emitter.commit(tx).await?;
    for fate in &fates {
        metrics::counter!("oz_deliveries_total", "state" => fate.state).increment(1);
    }
    Ok(())
}

/// Reads one delivery: its state, the reason for the ledger, the facts.
fn read(org: OrgId, keys: &OrgKeys, delivery: &Pending) -> (&'static str, String, Vec<providers::Fact>) {
    let Some(sealed) = &delivery.body else { return ("failed", "no_body".to_owned(), Vec::new()) };
    let Ok(body) = keys.open(Binding { org, kind: "delivery", id: delivery.delivery_id }, sealed) else {
        return ("failed", "sealed_with_another_key".to_owned(), Vec::new());
    };
    let reading = match ImportKind::from_name(&delivery.provider) {
        Some(kind) => {
            let binding = |id| Binding { org, kind: "source", id };
            let source = delivery.source_id.zip(delivery.source_key.as_ref());
            let source = source.and_then(|(id, sealed)| keys.open(binding(id), sealed).ok());
            let source = source.and_then(|key| String::from_utf8(key).ok()).unwrap_or_default();
            providers::imports::read_record(kind, &source, &body)
        }
        None => providers::read(&delivery.provider, &delivery.event, &body),
    };
    match reading {
        Ok(Reading::Facts(facts)) => ("applied", String::new(), facts),
        Ok(Reading::Skipped(reason)) => ("skipped", reason.to_owned(), Vec::new()),
        Err(error) => ("failed", error.to_string(), Vec::new()),
    }
}

/// Writes the facts of one integration's deliveries, in their order, and the events about them.
async fn write(
    service: &Ingestion,
    tx: &mut TenantTx,
    keys: &OrgKeys,
    (integration, provider): (IntegrationId, &str),
    deliveries: Vec<Told>,
) -> Result<(), WorkError> {
    let org = tx.org();
    let known = sources::by_hash(tx, integration.uuid()).await?;
    let known: HashMap<Vec<u8>, SourceId> =
        known.into_iter().map(|(hash, id)| (hash, SourceId::from_uuid(id))).collect();
    let imported = ImportKind::from_name(provider).is_some();
    let mut people = People::new(org, provider);
    let mut translation = Translation::new(org, provider, service.entropy.clock().now());
    for (delivered, facts) in deliveries {
        let mut of_key: HashMap<String, Option<SourceId>> = HashMap::new();
        for fact in facts {
            let mut source_of = |key: &str| -> Option<SourceId> {
                if imported {
                    // A record of an archive speaks of its own source alone.
                    return delivered;
                }
                *of_key.entry(key.to_owned()).or_insert_with(|| {
                    let canonical = providers::source_key(provider, key).unwrap_or_else(|| key.to_owned());
                    let hash = identity::source_key_hash(keys.search(), integration, &canonical);
                    known.get(&hash[..]).copied()
                })
            };
            translation.take(fact, delivered, &mut source_of, &mut people);
        }
    }
    let mut events = people.write(tx, keys, &service.entropy).await?;
    let rows = translation.seal(keys, &service.entropy)?;
    items::write(tx, &rows.items).await?;
    sources::set_members(tx, &rows.members, service.entropy.clock().now()).await?;
    events.extend(rows.events);
    service.emitter.append(tx, events).await?;
    for change in rows.changes {
        share::apply_source_event(service, tx, keys, integration, change).await?;
    }
    if rows.disconnected {
        integrations::disconnect(tx, integration.uuid()).await?;
        service.configs.forget(integration);
    }
    for source in rows.deleted {
        purge::source(service, tx, source).await?;
    }
    Ok(())
}
