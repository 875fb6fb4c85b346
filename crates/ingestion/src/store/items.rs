//! Items: messages, files, tasks, changes, in their newest version.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// An item to write.
#[derive(Clone)]
pub struct Write {
    pub item_id: Uuid,
    pub source_id: Uuid,
    pub thing_id: Uuid,
    pub kind: i16,
    pub account_id: Option<Uuid>,
    pub occurred_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub version: DateTime<Utc>,
    /// `None`: gone at the source.
    pub content: Option<Vec<u8>>,
}

/// Writes items, one row an item, the same whatever order they come in: the newest version's content stands, what is gone stays
/// gone, and time and author are those of the beginning.
pub async fn write(tx: &mut TenantTx, items: &[Write]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let column = |f: fn(&Write) -> Uuid| items.iter().map(f).collect::<Vec<Uuid>>();
    let (ids, sources, things) = (column(|i| i.item_id), column(|i| i.source_id), column(|i| i.thing_id));
    let kinds: Vec<i16> = items.iter().map(|i| i.kind).collect();
    let accounts: Vec<Option<Uuid>> = items.iter().map(|i| i.account_id).collect();
    let occurred: Vec<DateTime<Utc>> = items.iter().map(|i| i.occurred_at).collect();
    let edited: Vec<Option<DateTime<Utc>>> = items.iter().map(|i| i.edited_at).collect();
    let versions: Vec<DateTime<Utc>> = items.iter().map(|i| i.version).collect();
    let contents: Vec<Option<&[u8]>> = items.iter().map(|i| i.content.as_deref()).collect();
    sqlx::query!(
        "insert into item as i (org_id, item_id, source_id, thing_id, kind, account_id, occurred_at, edited_at, version, content)
         select $1, n.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[], $6::uuid[], $7::timestamptz[],
             $8::timestamptz[], $9::timestamptz[], $10::bytea[]) as n order by 2
         on conflict (org_id, item_id) do update set
             account_id = case when excluded.occurred_at < i.occurred_at then coalesce(excluded.account_id, i.account_id)
                 else coalesce(i.account_id, excluded.account_id) end,
             occurred_at = least(i.occurred_at, excluded.occurred_at),
             edited_at = greatest(i.edited_at, excluded.edited_at),
             version = greatest(i.version, excluded.version),
             content = case when i.content is null or excluded.content is null then null
                 when i.version <= excluded.version then excluded.content else i.content end",
        org,
        &ids,
        &sources,
        &things,
        &kinds,
        &accounts as &[Option<Uuid>],
        &occurred,
        &edited as &[Option<DateTime<Utc>>],
        &versions,
        &contents as &[Option<&[u8]>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

impl Write {
    /// Takes in another word about the same item, by the rules of [`write`].
    pub fn merge(&mut self, other: Self) {
        let (earlier, later) =
            if other.occurred_at < self.occurred_at { (&other, &*self) } else { (&*self, &other) };
        self.account_id = earlier.account_id.or(later.account_id);
        self.occurred_at = self.occurred_at.min(other.occurred_at);
        self.edited_at = self.edited_at.max(other.edited_at);
        let gone = self.content.is_none() || other.content.is_none();
        if self.version <= other.version {
            self.version = other.version;
            self.content = other.content;
        }
        if gone {
            self.content = None;
        }
    }
}

/// An item as it is shown, with its source.
pub struct Shown {
    pub item_id: Uuid,
    pub source_id: Uuid,
    pub thing_id: Uuid,
    pub account_id: Option<Uuid>,
    pub occurred_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub content: Vec<u8>,
    pub provider: String,
    pub source_key: Vec<u8>,
}

/// One item of a kind, if the scope's member may see it.
pub async fn get(tx: &mut TenantTx, item: Uuid, kind: i16) -> Result<Option<Shown>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Shown,
        r#"select i.item_id, i.source_id, i.thing_id, i.account_id, i.occurred_at, i.edited_at, i.content as "content!",
               g.provider, s.key as source_key
           from item i
           join source s on s.org_id = i.org_id and s.source_id = i.source_id
           join integration g on g.org_id = s.org_id and g.integration_id = s.integration_id
           where i.org_id = $1 and i.item_id = $2 and i.kind = $3 and i.content is not null
             and i.source_id in (select visible_source())"#,
        org,
        item,
        kind
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Messages of a thing in the order they were written, after a place, if the scope's member may see them.
pub async fn thread(
    tx: &mut TenantTx,
    thing: Uuid,
    kind: i16,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Shown>, PgError> {
    let org = tx.org().uuid();
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Shown,
        r#"select i.item_id, i.source_id, i.thing_id, i.account_id, i.occurred_at, i.edited_at, i.content as "content!",
               g.provider, s.key as source_key
           from item i
           join source s on s.org_id = i.org_id and s.source_id = i.source_id
           join integration g on g.org_id = s.org_id and g.integration_id = s.integration_id
           where i.org_id = $1 and i.thing_id = $2 and i.kind = $3 and i.content is not null
             and ($4::timestamptz is null or (i.occurred_at, i.item_id) > ($4, $5::uuid))
             and i.source_id in (select visible_source())
           order by i.occurred_at, i.item_id limit $6"#,
        org,
        thing,
        kind,
        after_at,
        after_id,
        limit
    )
    .fetch_all(tx.conn())
    .await?)
}
