//! Sources: who may see them from now on, and the end of those that are no longer shared.

use outbox::HandleError;
use pg::TenantTx;
use uuid::Uuid;

use super::{Feeder, inbox::Inbox, index};
use crate::{
    events_content,
    store::{self, audience::Source},
};

/// Items indexed anew at once.
const CHUNK: i64 = 500;
/// Most items of one source that are indexed anew when its name changes; older ones keep the old name as `in:`.
const MOST: i64 = 20_000;

/// Writes what was told of sources and lists; returns the position reached.
pub(super) async fn apply(
    feeder: &Feeder,
    tx: &mut TenantTx,
    inbox: &Inbox,
    pos: i64,
) -> Result<i64, HandleError> {
    let mut pos = pos;
    if !inbox.sources.is_empty() {
        let ids: Vec<Uuid> = inbox.sources.keys().copied().collect();
        let known = store::audience::sources(tx, &ids).await?;
        for (id, told) in &inbox.sources {
            pos = source(feeder, tx, known.get(id), told, pos).await?;
        }
    }
    if !inbox.memberships.is_empty() {
        let memberships: Vec<_> = inbox.memberships.values().copied().collect();
        store::audience::put_memberships(tx, &memberships).await?;
    }
    if !inbox.lists.is_empty() {
        let lists: Vec<_> =
            inbox.lists.iter().map(|(list, (audience, deleted))| (*list, *audience, *deleted)).collect();
        store::audience::put_lists(tx, &lists).await?;
    }
    Ok(pos)
}

async fn source(
    feeder: &Feeder,
    tx: &mut TenantTx,
    known: Option<&Source>,
    told: &[Source],
    pos: i64,
) -> Result<i64, HandleError> {
    let revision = known.map_or(i64::MIN, |known| known.revision);
    let news = || told.iter().filter(|source| source.revision > revision);
    let Some(latest) = news().max_by_key(|source| source.revision) else { return Ok(pos) };
    let seen_by = known.filter(|known| !known.removed).map(|known| known.audience);
    let mut pos = pos;
    if let Some(audience) = seen_by.filter(|audience| *audience != latest.audience) {
        pos = store::erase::tell_gone(tx, latest.id, audience, pos).await?;
    }
    if news().any(|source| source.removed) {
        store::erase::purge_source(tx, latest.id).await?;
    }
    let renamed = !latest.removed && is_renamed(feeder, tx, known, latest).await?;
    store::audience::put_sources(tx, std::slice::from_ref(latest)).await?;
    if renamed {
        feeder.directory.forget(tx.org());
        index_anew(feeder, tx, latest.id).await?;
    }
    Ok(pos)
}

async fn is_renamed(
    feeder: &Feeder,
    tx: &TenantTx,
    known: Option<&Source>,
    latest: &Source,
) -> Result<bool, HandleError> {
    let Some(known) = known.filter(|known| !known.removed) else { return Ok(true) };
    let org = tx.org();
    let before = events_content::text(&feeder.keyring, org, "source", latest.id, &known.key).await?;
    Ok(before != events_content::text(&feeder.keyring, org, "source", latest.id, &latest.key).await?)
}

/// `in:` finds by the source's name, so the documents follow it.
async fn index_anew(feeder: &Feeder, tx: &mut TenantTx, source: Uuid) -> Result<(), HandleError> {
    let mut after = Uuid::nil();
    for _ in 0..MOST / CHUNK {
        let mut items = store::items::of_source(tx, source, after, CHUNK).await?;
        let Some(last) = items.keys().max().copied() else { return Ok(()) };
        after = last;
        for (id, item) in &mut items {
            let kind = if item.list.is_some() { events_content::TASK } else { events_content::ITEM };
            let opened =
                events_content::content(&feeder.keyring, tx.org(), kind, *id, &item.opened.sealed).await?;
            item.opened.content = opened.0;
        }
        index::put(feeder, tx, &items, |_| false).await?;
    }
    Ok(())
}
