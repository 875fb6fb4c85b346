//! Sharing a source, and what the provider does to one that is shared.

use ids::{IntegrationId, MemberId, SourceId};
use pg::TenantTx;
use sealing::{Binding, OrgKeys};

use crate::{
    Ingestion,
    domain::{identity, visibility::Visibility},
    events,
    normalise::WorkError,
    store::sources,
};

/// What the provider says happened to a source that is shared.
pub enum SourceChange {
    /// It has another key.
    Renamed { source: SourceId, to: String },
    /// It became private there.
    MadePrivate { source: SourceId },
}

/// A source to share.
pub struct Share<'a> {
    pub integration: IntegrationId,
    pub provider: &'a str,
    /// What decides whether a delivery is from it.
    pub canonical: &'a str,
    /// What people see; the canonical key unless the provider has a better name.
    pub shown: &'a str,
    pub visibility: Visibility,
    /// For a private archive: the member who alone may see it.
    pub only: Option<MemberId>,
}

/// Shares a source and tells the others.
pub async fn share(
    service: &Ingestion,
    tx: &mut TenantTx,
    keys: &OrgKeys,
    share: Share<'_>,
) -> Result<SourceId, WorkError> {
    let org = tx.org();
    let now = service.entropy.clock().now();
    // A fresh id each time: what the source brought when it was shared before does not come back under it.
    let source = SourceId::from_uuid(service.entropy.uuid());
    let binding = Binding { org, kind: "source", id: source.uuid() };
    let sealed =
        keys.seal(binding, share.shown.as_bytes(), &service.entropy).map_err(keyring::KeyError::from)?;
    let audience = share.visibility.audience(org, source);
    let row = sources::New {
        source_id: source.uuid(),
        integration_id: share.integration.uuid(),
        key_hash: &identity::source_key_hash(keys.search(), share.integration, share.canonical),
        key: &sealed,
        audience,
        shared_at: now,
    };
    sources::insert(tx, row).await?;
    let told = events::Shared {
        source,
        integration: share.integration,
        provider: share.provider.to_owned(),
        key: sealed,
        audience,
        revision: 1,
    };
    let mut events = vec![events::source_shared(told, now.timestamp_micros())];
    if let Some(member) = share.only {
        sources::set_members(tx, &[(source.uuid(), member.uuid(), true)], now).await?;
        events.push(events::source_member(source, member.uuid(), true, now.timestamp_micros()));
    }
    service.emitter.append(tx, events).await?;
    Ok(source)
}

/// Changes who may see a shared source, and tells the others.
pub async fn change_audience(
    service: &Ingestion,
    tx: &mut TenantTx,
    source: SourceId,
    visibility: Visibility,
) -> Result<(), WorkError> {
    let changed =
        sources::change(tx, source.uuid(), Some(visibility.audience(tx.org(), source)), None).await?;
    publish(service, tx, source, changed).await
}

/// Follows what happened at the provider.
pub async fn apply_source_event(
    service: &Ingestion,
    tx: &mut TenantTx,
    keys: &OrgKeys,
    integration: IntegrationId,
    change: SourceChange,
) -> Result<(), WorkError> {
    let org = tx.org();
    let (source, changed) = match change {
        // Whom Oz shows it is the organization's own choice, made when it was shared; the admins read about it here.
        SourceChange::MadePrivate { source } => {
            return noted(service, tx, "source.made_private_at_provider", source.to_string()).await;
        }
        SourceChange::Renamed { source, to } => {
            let hash = identity::source_key_hash(keys.search(), integration, &to);
            let taken =
                sources::by_hash(tx, integration.uuid()).await?.iter().any(|(known, _)| *known == hash);
            if taken {
                return Ok(());
            }
            let binding = Binding { org, kind: "source", id: source.uuid() };
            let sealed =
                keys.seal(binding, to.as_bytes(), &service.entropy).map_err(keyring::KeyError::from)?;
            (source, sources::change(tx, source.uuid(), None, Some((&hash, &sealed))).await?)
        }
    };
    service.configs.forget(integration);
    publish(service, tx, source, changed).await
}

async fn publish(
    service: &Ingestion,
    tx: &mut TenantTx,
    source: SourceId,
    changed: Option<sources::Changed>,
) -> Result<(), WorkError> {
    let Some(changed) = changed else { return Ok(()) };
    let told = events::Shared {
        source,
        integration: IntegrationId::from_uuid(changed.integration_id),
        provider: changed.provider,
        key: changed.key,
        audience: changed.audience,
        revision: changed.revision,
    };
    let at = service.entropy.clock().now_us();
    Ok(service.emitter.append(tx, [events::source_shared(told, at)]).await?)
}

/// Writes down what the service did or saw by itself.
async fn noted(
    service: &Ingestion,
    tx: &mut TenantTx,
    action: &str,
    subject: String,
) -> Result<(), WorkError> {
    let at = service.entropy.clock().now_us();
    let entry =
        events::audit(tx.org(), action, subject, "ingestion".to_owned(), access::Purpose::Operate, at);
    Ok(service.emitter.append(tx, [entry]).await?)
}

/// Writes down who did what.
pub async fn audit(
    service: &Ingestion,
    tx: &mut TenantTx,
    caller: &access::Caller,
    action: &str,
    subject: String,
) -> Result<(), WorkError> {
    let at = service.entropy.clock().now_us();
    let entry = events::audit(tx.org(), action, subject, caller.member().to_string(), caller.purpose(), at);
    Ok(service.emitter.append(tx, [entry]).await?)
}
