//! Tasks made in Oz: documents of the index under the audience of their list and, if they come from one, their source.
//! Tasks that mirror a provider's are found through the provider's item.

use std::collections::HashMap;

use outbox::HandleError;
use pg::TenantTx;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::{Feeder, id, inbox::Inbox, index, optional_id};
use crate::{
    domain::{
        fold::{Item, Opened},
        vocabulary::ItemKind,
    },
    events_content, store,
};

/// Writes what was told of tasks.
pub(super) async fn apply(feeder: &Feeder, tx: &mut TenantTx, inbox: &Inbox) -> Result<(), HandleError> {
    if inbox.tasks.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = inbox.tasks.keys().copied().collect();
    let known = store::items::known(tx, &ids).await?;
    let mut items = HashMap::new();
    for (task, told) in &inbox.tasks {
        let before = known.get(task);
        if before.is_none_or(|before| before.version < told.version) {
            items.insert(*task, item(feeder, tx, *task, told, before).await?);
        }
    }
    store::items::put(tx, &items).await?;
    index::put(feeder, tx, &items, |task| !known.contains_key(task)).await
}

async fn item(
    feeder: &Feeder,
    tx: &TenantTx,
    task: Uuid,
    told: &wire::TaskChanged,
    before: Option<&Item>,
) -> Result<Item, HandleError> {
    let mirrors = optional_id(&told.item_id, "item_id")?.is_some();
    let mut item = Item {
        source: optional_id(&told.source_id, "source_id")?,
        list: Some(id(&told.list_id, "list_id")?),
        kind: ItemKind::Task.number(),
        version: told.version,
        deleted: told.deleted || mirrors || told.content.is_empty(),
        occurred_us: told.created_at_us,
        ..Item::default()
    };
    if item.deleted {
        return Ok(item);
    }
    let (content, _) =
        events_content::content(&feeder.keyring, tx.org(), events_content::TASK, task, &told.content).await?;
    item.actor = optional_id(&told.actor_member_id, "actor_member_id")?.unwrap_or_default();
    item.author = before.map(|before| before.author).filter(|author| !author.is_nil()).unwrap_or(item.actor);
    item.assignees = optional_id(&told.assignee_member_id, "assignee_member_id")?.into_iter().collect();
    item.state = i16::try_from(told.state).unwrap_or(0);
    item.opened = Opened { sealed: told.content.clone(), content, digest: Vec::new() };
    Ok(item)
}
