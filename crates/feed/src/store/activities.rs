//! Activities of stories.

use std::collections::HashSet;

use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::{
    fold::Happened,
    vocabulary::{ItemKind, Verb},
};

/// Takes away everything that happened to these items.
pub(crate) async fn bury(tx: &mut TenantTx, items: &HashSet<Uuid>) -> Result<(), PgError> {
    if items.is_empty() {
        return Ok(());
    }
    let (org, items): (Uuid, Vec<Uuid>) = (tx.org().uuid(), items.iter().copied().collect());
    sqlx::query!("delete from activity where org_id = $1 and item_id = any($2)", org, &items)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Brings activities of moved items to the stories their items are in now.
pub(crate) async fn follow(tx: &mut TenantTx, items: &HashSet<Uuid>) -> Result<(), PgError> {
    if items.is_empty() {
        return Ok(());
    }
    let (org, items): (Uuid, Vec<Uuid>) = (tx.org().uuid(), items.iter().copied().collect());
    sqlx::query!(
        "update activity a set story_id = i.story_id from item i
         where a.org_id = $1 and a.item_id = any($2) and i.org_id = $1 and i.item_id = a.item_id and i.story_id is not null",
        org,
        &items
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds what is not there yet; returns the stories that got something. An edit is kept only of kinds whose edits are told,
/// or while nothing else is known of the item. `known` are the items that were heard of before.
pub(crate) async fn add(
    tx: &mut TenantTx,
    happened: &[Happened],
    known: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>, PgError> {
    if happened.is_empty() {
        return Ok(HashSet::new());
    }
    let org = tx.org().uuid();
    macro_rules! column {
        ($type:ty, $with:expr) => {
            happened.iter().map($with).collect::<Vec<$type>>()
        };
    }
    let added = sqlx::query_scalar!(
        "insert into activity (org_id, item_id, verb, occurred_us, account_id, story_id, source_id, kind, bot)
         select $1, t.* from unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[],
             $8::smallint[], $9::boolean[]) as t(item, verb, occurred, account, story, source, kind, bot)
         where t.verb <> $10 or t.kind = any($11) or not exists (
             select from activity a where a.org_id = $1 and a.item_id = t.item
                 and (a.verb <> $10 or a.occurred_us >= t.occurred))
         on conflict do nothing returning story_id",
        org,
        &column!(Uuid, |a| a.item),
        &column!(i16, |a| a.verb.number()),
        &column!(i64, |a| a.occurred_us),
        &column!(Uuid, |a| a.account),
        &column!(Uuid, |a| a.story),
        &column!(Uuid, |a| a.source),
        &column!(i16, |a| a.kind.number()),
        &column!(bool, |a| a.bot),
        Verb::Edited.number(),
        &telling()
    )
    .fetch_all(tx.conn())
    .await?;
    forget_edits(tx, happened, known).await?;
    Ok(added.into_iter().collect())
}

fn telling() -> Vec<i16> {
    [ItemKind::Task, ItemKind::Change]
        .into_iter()
        .filter(|kind| kind.tells_edits())
        .map(ItemKind::number)
        .collect()
}

/// Edits that something better is known beside. Of an item that is new there are those of this batch alone.
async fn forget_edits(
    tx: &mut TenantTx,
    happened: &[Happened],
    known: &HashSet<Uuid>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let edited: HashSet<Uuid> = happened
        .iter()
        .filter(|a| a.verb == Verb::Edited)
        .map(|a| a.item)
        .chain(known.iter().copied())
        .collect();
    let quiet = happened.iter().filter(|a| !a.kind.tells_edits() && edited.contains(&a.item));
    let quiet: HashSet<Uuid> = quiet.map(|a| a.item).collect();
    let quiet: Vec<Uuid> = quiet.into_iter().collect();
    if quiet.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from activity a where a.org_id = $1 and a.item_id = any($2) and a.verb = $3 and exists (
             select from activity b where b.org_id = $1 and b.item_id = a.item_id
                 and (b.verb <> $3 or b.occurred_us > a.occurred_us))",
        org,
        &quiet,
        Verb::Edited.number()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
