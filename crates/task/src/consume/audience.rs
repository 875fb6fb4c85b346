//! What is shared with whom, and forgetting what no longer is.

use std::collections::HashMap;

use ::events::Received;
use outbox::HandleError;
use pg::TenantTx;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::uuid;
use crate::{
    domain::{change::Verb, task::Body},
    failure::Failure,
    ledger::{Actor, Entry, Ledger},
    sealed,
    store::{
        audience::{self, SharedRow},
        history, purge, tasks,
    },
};

/// Applies what the events say of sources, in their order as far as it matters: per source the newest revision holds, and a
/// removal forgets the members heard of before it.
pub(super) async fn apply(
    tx: &mut TenantTx,
    ledger: &Ledger,
    events: &[Received],
    now_us: i64,
) -> Result<(), HandleError> {
    let mut shared: HashMap<Uuid, SharedRow> = HashMap::new();
    let mut removed: HashMap<Uuid, (i64, i64)> = HashMap::new();
    let mut members: HashMap<(Uuid, Uuid), (bool, i64)> = HashMap::new();
    for event in events {
        if let Some(change) = event.decode::<wire::SourceShared>()? {
            let row = shared_row(change)?;
            if shared.get(&row.source_id).is_none_or(|known| known.revision < row.revision) {
                shared.insert(row.source_id, row);
            }
        } else if let Some(change) = event.decode::<wire::SourceRemoved>()? {
            let source = uuid(&change.source_id, "source_id")?;
            let known = removed.entry(source).or_insert((change.revision, event.recorded_at_us));
            *known = (*known).max((change.revision, event.recorded_at_us));
            members.retain(|(of, _), _| *of != source);
        } else if let Some(change) = event.decode::<wire::SourceMember>()? {
            let key = (uuid(&change.source_id, "source_id")?, uuid(&change.account_id, "account_id")?);
            let known = members.entry(key).or_insert((change.present, change.version_us));
            if known.1 <= change.version_us {
                *known = (change.present, change.version_us);
            }
        }
    }
    // Removals first: what is shared anew in the same batch has the greater revision.
    for (source, (revision, at_us)) in removed {
        if audience::remove(tx, source, revision, at_us).await? {
            forget(tx, ledger, source, now_us).await?;
        }
    }
    audience::share(tx, shared.into_values().collect()).await?;
    if !members.is_empty() {
        let (keys, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let (sources, accounts): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        let (present, versions): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        audience::put_members(tx, &sources, &accounts, &present, &versions).await?;
    }
    Ok(())
}

fn shared_row(change: wire::SourceShared) -> Result<SharedRow, HandleError> {
    Ok(SharedRow {
        source_id: uuid(&change.source_id, "source_id")?,
        provider: change.provider,
        key: change.key,
        audience: uuid(&change.audience, "audience")?,
        revision: change.revision,
    })
}

/// Forgets what a source brought. Its mirrored tasks become tombstones of ids, so that a sharing anew goes on with their versions.
async fn forget(tx: &mut TenantTx, ledger: &Ledger, source: Uuid, now_us: i64) -> Result<(), Failure> {
    let org = tx.org();
    let mut entries = Vec::new();
    for row in tasks::lock_mirrored(tx, &[source]).await? {
        let mut task = sealed::task(&ledger.keyring, org, row).await?;
        task.body = Body::default();
        task.deleted = true;
        task.version += 1;
        task.version_us = 0;
        task.updated_at_us = now_us;
        entries.push(Entry { task, verb: Verb::Provider, actor: Actor::Account(None), fields: Vec::new() });
    }
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.task.id.uuid()).collect();
    ledger.record(tx, entries).await?;
    history::forget(tx, &ids).await?;
    purge::source(tx, source).await?;
    Ok(())
}
