//! Sources, who may see them, and the lists of tasks made in Oz.

use std::collections::HashMap;

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A source as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Which.
    pub id: Uuid,
    /// Provider's name.
    pub provider: String,
    /// Sealed key.
    pub key: Vec<u8>,
    /// Who may see it.
    pub audience: Uuid,
    /// Version of the sharing.
    pub revision: i64,
    /// No longer shared.
    pub removed: bool,
}

/// The sources among `ids` that were ever heard of.
pub(crate) async fn sources(tx: &mut TenantTx, ids: &[Uuid]) -> Result<HashMap<Uuid, Source>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        Source,
        "select source_id as id, provider, key, audience, revision, removed from source
         where org_id = $1 and source_id = any($2)",
        org,
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|source| (source.id, source)).collect())
}

/// Writes what is newer than what is kept.
pub(crate) async fn put_sources(tx: &mut TenantTx, sources: &[Source]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = sources.iter().map(|source| source.id).collect();
    let providers: Vec<String> = sources.iter().map(|source| source.provider.clone()).collect();
    let keys: Vec<Vec<u8>> = sources.iter().map(|source| source.key.clone()).collect();
    let audiences: Vec<Uuid> = sources.iter().map(|source| source.audience).collect();
    let revisions: Vec<i64> = sources.iter().map(|source| source.revision).collect();
    let removed: Vec<bool> = sources.iter().map(|source| source.removed).collect();
    sqlx::query!(
        "insert into source as s (org_id, source_id, provider, key, audience, revision, removed)
         select $1, t.* from unnest($2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::bigint[], $7::boolean[]) t
         on conflict (org_id, source_id) do update set provider = excluded.provider, key = excluded.key,
             audience = excluded.audience, revision = excluded.revision, removed = excluded.removed
         where excluded.revision > s.revision",
        org,
        &ids,
        &providers,
        &keys,
        &audiences,
        &revisions,
        &removed
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether an account can see a source at the provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    /// The source.
    pub source: Uuid,
    /// The account, or a member's own id.
    pub account: Uuid,
    /// Can see it.
    pub present: bool,
    /// The greatest wins.
    pub version: i64,
}

/// Writes what is newer than what is kept; each source and account once.
pub(crate) async fn put_memberships(tx: &mut TenantTx, members: &[Membership]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let sources: Vec<Uuid> = members.iter().map(|member| member.source).collect();
    let accounts: Vec<Uuid> = members.iter().map(|member| member.account).collect();
    let present: Vec<bool> = members.iter().map(|member| member.present).collect();
    let versions: Vec<i64> = members.iter().map(|member| member.version).collect();
    sqlx::query!(
        "insert into source_member as m (org_id, source_id, account_id, present, version_us)
         select $1, t.* from unnest($2::uuid[], $3::uuid[], $4::boolean[], $5::bigint[]) t
         on conflict (org_id, source_id, account_id) do update set present = excluded.present, version_us = excluded.version_us
         where excluded.version_us >= m.version_us",
        org,
        &sources,
        &accounts,
        &present,
        &versions
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A list of tasks: its audience, and whether it is gone.
pub(crate) async fn put_lists(tx: &mut TenantTx, lists: &[(Uuid, Uuid, bool)]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = lists.iter().map(|list| list.0).collect();
    let audiences: Vec<Uuid> = lists.iter().map(|list| list.1).collect();
    let deleted: Vec<bool> = lists.iter().map(|list| list.2).collect();
    sqlx::query!(
        "insert into task_list (org_id, list_id, audience, deleted)
         select $1, t.* from unnest($2::uuid[], $3::uuid[], $4::boolean[]) t
         on conflict (org_id, list_id) do update set audience = excluded.audience, deleted = excluded.deleted",
        org,
        &ids,
        &audiences,
        &deleted
    )
    .execute(tx.conn())
    .await?;
    let gone: Vec<Uuid> = lists.iter().filter(|list| list.2).map(|list| list.0).collect();
    if !gone.is_empty() {
        sqlx::query!("delete from search_doc where org_id = $1 and list_id = any($2)", org, &gone)
            .execute(tx.conn())
            .await?;
        sqlx::query!("delete from item where org_id = $1 and list_id = any($2)", org, &gone)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}
