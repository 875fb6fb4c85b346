//! Items into the blind index.

use std::collections::HashMap;

use blind::SearchKey;
use outbox::HandleError;
use pg::TenantTx;
use uuid::Uuid;

use super::Feeder;
use crate::{
    domain::{
        content::Profile,
        document::{self, Around},
        fold::Item,
    },
    store::{self, docs::Doc},
};

/// Indexes items whose content is open; tombstones leave the index. Those that are `new` are not in it yet.
pub(super) async fn put(
    feeder: &Feeder,
    tx: &mut TenantTx,
    items: &HashMap<Uuid, Item>,
    new: impl Fn(&Uuid) -> bool,
) -> Result<(), HandleError> {
    let (gone, live): (Vec<_>, Vec<_>) = items
        .iter()
        .partition(|(_, item)| item.deleted || !document::is_worth_finding(item.kind, &item.opened.content));
    let replaced: Vec<Uuid> = gone.iter().chain(&live).map(|(id, _)| **id).filter(|id| !new(id)).collect();
    store::docs::remove(tx, &replaced).await?;
    if live.is_empty() {
        return Ok(());
    }
    let people = live.iter().flat_map(|(_, item)| item.assignees.iter().copied().chain([item.author]));
    let persons = feeder.directory.persons(tx, people).await?;
    let places = feeder.directory.places(tx, live.iter().filter_map(|(_, item)| item.source)).await?;
    let keys = feeder.keyring.keys(tx.org()).await.map_err(super::of_key)?;
    let key = SearchKey::new(keys.search().expose());
    let profiles = |id: &Uuid| -> Vec<&Profile> {
        persons.get(id).map(|known| known.profiles.iter().collect()).unwrap_or_default()
    };
    let mut docs = Vec::with_capacity(live.len());
    for (id, item) in live {
        let place = item.source.and_then(|source| places.get(&source));
        let around = Around {
            author: item.author,
            profiles: profiles(&item.author),
            actor_is_author: item.actor == item.author,
            assignees: &item.assignees,
            assignee_profiles: item.assignees.iter().flat_map(profiles).collect(),
            place: place.map(|place| (place.provider.as_str(), place.key.as_str())),
            state: item.state,
        };
        docs.push(Doc {
            id: *id,
            source: item.source,
            list: item.list,
            kind: item.kind,
            author: item.author,
            occurred_us: item.occurred_us,
            terms: document::terms(&key, &item.opened.content, &around),
        });
    }
    Ok(store::docs::add(tx, &docs).await?)
}
