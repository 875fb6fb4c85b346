//! Items: the newest version of everything that has content, and the tombstones.

use std::collections::HashMap;

use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::fold::{Item, Opened};

/// What is known of items, without their content.
pub(crate) async fn known(tx: &mut TenantTx, ids: &[Uuid]) -> Result<HashMap<Uuid, Item>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        "select item_id, source_id, list_id, story_id, kind, version, deleted, occurred_us, author_id, actor_id, mentioned,
             assignees, state, digest
         from item where org_id = $1 and item_id = any($2)",
        org,
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    let items = rows.into_iter().map(|row| {
        let item = Item {
            source: row.source_id,
            list: row.list_id,
            story: row.story_id,
            kind: row.kind,
            version: row.version,
            deleted: row.deleted,
            occurred_us: row.occurred_us,
            author: row.author_id,
            actor: row.actor_id,
            mentioned: row.mentioned,
            assignees: row.assignees,
            state: row.state,
            opened: Opened { digest: row.digest, ..Opened::default() },
        };
        (row.item_id, item)
    });
    Ok(items.collect())
}

/// Writes items whole.
pub(crate) async fn put(tx: &mut TenantTx, items: &HashMap<Uuid, Item>) -> Result<(), PgError> {
    if items.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let rows: Vec<(&Uuid, &Item)> = items.iter().collect();
    macro_rules! column {
        ($type:ty, $with:expr) => {
            rows.iter().map($with).collect::<Vec<$type>>()
        };
    }
    let array = |ids: &[Uuid]| {
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        format!("{{{}}}", ids.join(","))
    };
    sqlx::query!(
        "insert into item (org_id, item_id, source_id, list_id, story_id, kind, version, deleted, occurred_us, author_id,
             actor_id, titled, mentioned, assignees, state, digest, content)
         select $1, t.item, t.source, t.list, t.story, t.kind, t.version, t.deleted, t.occurred, t.author, t.actor, t.titled,
             t.mentioned::uuid[], t.assignees::uuid[], t.state, t.digest, t.content
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[], $7::bigint[], $8::boolean[], $9::bigint[],
             $10::uuid[], $11::uuid[], $12::boolean[], $13::text[], $14::text[], $15::smallint[], $16::bytea[], $17::bytea[])
             as t(item, source, list, story, kind, version, deleted, occurred, author, actor, titled, mentioned, assignees,
                  state, digest, content)
         on conflict (org_id, item_id) do update set source_id = excluded.source_id, list_id = excluded.list_id,
             story_id = excluded.story_id, kind = excluded.kind, version = excluded.version, deleted = excluded.deleted,
             occurred_us = excluded.occurred_us, author_id = excluded.author_id, actor_id = excluded.actor_id,
             titled = excluded.titled, mentioned = excluded.mentioned, assignees = excluded.assignees, state = excluded.state,
             digest = excluded.digest, content = excluded.content",
        org,
        &column!(Uuid, |row| *row.0),
        &column!(Option<Uuid>, |row| row.1.source) as &[Option<Uuid>],
        &column!(Option<Uuid>, |row| row.1.list) as &[Option<Uuid>],
        &column!(Option<Uuid>, |row| row.1.story) as &[Option<Uuid>],
        &column!(i16, |row| row.1.kind),
        &column!(i64, |row| row.1.version),
        &column!(bool, |row| row.1.deleted),
        &column!(i64, |row| row.1.occurred_us),
        &column!(Uuid, |row| row.1.author),
        &column!(Uuid, |row| row.1.actor),
        &column!(bool, |row| !row.1.opened.content.thing_title.is_empty()),
        &column!(String, |row| array(&row.1.mentioned)),
        &column!(String, |row| array(&row.1.assignees)),
        &column!(i16, |row| row.1.state),
        &column!(Vec<u8>, |row| row.1.opened.digest.clone()),
        &column!(Vec<u8>, |row| row.1.opened.sealed.clone())
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Newer versions that say the same.
pub(crate) async fn reversion(tx: &mut TenantTx, versions: &HashMap<Uuid, i64>) -> Result<(), PgError> {
    if versions.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let (ids, versions): (Vec<Uuid>, Vec<i64>) = versions.iter().map(|(id, version)| (*id, *version)).unzip();
    sqlx::query!(
        "update item i set version = t.version from unnest($2::uuid[], $3::bigint[]) as t(item, version)
         where i.org_id = $1 and i.item_id = t.item and i.version < t.version",
        org,
        &ids,
        &versions
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A sealed item and what is needed to open and to show it.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    /// Which.
    pub id: Uuid,
    /// Whether it is a task made in Oz, sealed as such.
    pub oz_task: bool,
    /// Whose name the content carries.
    pub actor: Uuid,
    /// The content.
    pub content: Vec<u8>,
}

/// Contents of items that the caller was shown by the statement before, in the same transaction.
pub(crate) async fn sealed(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Sealed>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Sealed,
        r#"select item_id as id, list_id is not null as "oz_task!", actor_id as actor, content
           from unnest($2::uuid[]) as k(id) join item on org_id = $1 and item_id = k.id and not deleted"#,
        org,
        ids
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The newest items of a source with their content, to index them anew, from `after` on in the order of their ids.
pub(crate) async fn of_source(
    tx: &mut TenantTx,
    source: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<HashMap<Uuid, Item>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        "select item_id, list_id, kind, occurred_us, author_id, actor_id, assignees, state, content from item
         where org_id = $1 and source_id = $2 and item_id > $3 and not deleted order by item_id limit $4",
        org,
        source,
        after,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let items = rows.into_iter().map(|row| {
        let item = Item {
            source: Some(source),
            list: row.list_id,
            kind: row.kind,
            occurred_us: row.occurred_us,
            author: row.author_id,
            actor: row.actor_id,
            assignees: row.assignees,
            state: row.state,
            opened: Opened { sealed: row.content, ..Opened::default() },
            ..Item::default()
        };
        (row.item_id, item)
    });
    Ok(items.collect())
}
