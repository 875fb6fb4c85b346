//! Sources: what is shared, with whom, and who can see it at the provider.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A source that is shared.
pub struct Row {
    pub source_id: Uuid,
    pub key_hash: Vec<u8>,
    pub key: Vec<u8>,
    pub audience: Uuid,
    pub shared_at: DateTime<Utc>,
    pub items: i64,
}

/// The shared sources of an integration, with how many items they brought.
pub async fn shared(tx: &mut TenantTx, integration: Uuid) -> Result<Vec<Row>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Row,
        r#"select s.source_id, s.key_hash, s.key, s.audience, s.shared_at,
               (select count(*) from item i where i.org_id = s.org_id and i.source_id = s.source_id and i.content is not null) as "items!"
           from source s where s.org_id = $1 and s.integration_id = $2 and s.shared order by s.shared_at, s.source_id"#,
        org,
        integration
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The shared sources of an integration by the hash of their keys.
pub async fn by_hash(tx: &mut TenantTx, integration: Uuid) -> Result<Vec<(Vec<u8>, Uuid)>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        "select key_hash, source_id from source where org_id = $1 and integration_id = $2 and shared",
        org,
        integration
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.key_hash, row.source_id)).collect())
}

/// With whom an integration's sources are shared, those aside that are their members' alone.
pub async fn audiences(tx: &mut TenantTx, integration: Uuid) -> Result<Vec<Uuid>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_scalar!(
        "select distinct audience from source
         where org_id = $1 and integration_id = $2 and shared and audience <> source_id",
        org,
        integration
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A source to share.
pub struct New<'a> {
    pub source_id: Uuid,
    pub integration_id: Uuid,
    pub key_hash: &'a [u8],
    pub key: &'a [u8],
    pub audience: Uuid,
    pub shared_at: DateTime<Utc>,
}

/// Shares a source.
pub async fn insert(tx: &mut TenantTx, new: New<'_>) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into source (org_id, source_id, integration_id, key_hash, key, audience, shared, revision, shared_at)
         values ($1, $2, $3, $4, $5, $6, true, 1, $7)",
        org,
        new.source_id,
        new.integration_id,
        new.key_hash,
        new.key,
        new.audience,
        new.shared_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is published about a source after a change.
pub struct Changed {
    pub integration_id: Uuid,
    pub provider: String,
    pub key: Vec<u8>,
    pub audience: Uuid,
    pub revision: i64,
}

/// Changes audience and key (each only if given) of a shared source. `None` when it is not shared (any more).
pub async fn change(
    tx: &mut TenantTx,
    source: Uuid,
    audience: Option<Uuid>,
    key: Option<(&[u8], &[u8])>,
) -> Result<Option<Changed>, PgError> {
    let org = tx.org().uuid();
    let (key_hash, key) = key.unzip();
    Ok(sqlx::query_as!(
        Changed,
        "update source s set audience = coalesce($3, s.audience), key_hash = coalesce($4, s.key_hash), key = coalesce($5, s.key),
             revision = s.revision + 1
         from integration i
         where s.org_id = $1 and s.source_id = $2 and s.shared and i.org_id = s.org_id and i.integration_id = s.integration_id
         returning s.integration_id, i.provider, s.key, s.audience, s.revision",
        org,
        source,
        audience,
        key_hash,
        key
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Ends the sharing of a source and forgets its name. The row stays, without content, so that what is still under way finds it
/// ended. Returns the revision, `None` when it was not shared.
pub async fn end(tx: &mut TenantTx, source: Uuid) -> Result<Option<i64>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_scalar!(
        "update source set shared = false, key = '', revision = revision + 1
         where org_id = $1 and source_id = $2 and shared returning revision",
        org,
        source
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Deletes what a source brought: deliveries, items, memberships.
pub async fn purge(tx: &mut TenantTx, source: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "delete from work w using delivery d where w.org_id = $1 and d.org_id = $1 and d.source_id = $2 and w.delivery_id = d.delivery_id",
        org,
        source
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from delivery where org_id = $1 and source_id = $2", org, source)
        .execute(tx.conn())
        .await?;
    sqlx::query!("delete from item where org_id = $1 and source_id = $2", org, source)
        .execute(tx.conn())
        .await?;
    sqlx::query!("delete from source_member where org_id = $1 and source_id = $2", org, source)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Keeps whether accounts can see sources; the newest word counts.
pub async fn set_members(
    tx: &mut TenantTx,
    members: &[(Uuid, Uuid, bool)],
    version: DateTime<Utc>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let sources: Vec<Uuid> = members.iter().map(|m| m.0).collect();
    let accounts: Vec<Uuid> = members.iter().map(|m| m.1).collect();
    let present: Vec<bool> = members.iter().map(|m| m.2).collect();
    sqlx::query!(
        "insert into source_member as m (org_id, source_id, account_id, present, version)
         select $1, n.source, n.account, n.present, $2 from unnest($3::uuid[], $4::uuid[], $5::bool[]) as n (source, account, present)
         order by 2, 3
         on conflict (org_id, source_id, account_id) do update set present = excluded.present, version = excluded.version
         where m.version <= excluded.version",
        org,
        version,
        &sources,
        &accounts,
        &present
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many can see each source at the provider, as far as it is known.
pub async fn member_counts(tx: &mut TenantTx, sources: &[Uuid]) -> Result<Vec<(Uuid, i64)>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        r#"select source_id, count(*) as "count!" from source_member
           where org_id = $1 and source_id = any ($2) and present group by source_id"#,
        org,
        sources
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.source_id, row.count)).collect())
}

/// Sealed keys of sources, for showing.
pub async fn keys(tx: &mut TenantTx, sources: &[Uuid]) -> Result<Vec<(Uuid, Vec<u8>)>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        "select source_id, key from source where org_id = $1 and source_id = any ($2)",
        org,
        sources
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.source_id, row.key)).collect())
}
