//! Who may see which source.

use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// What is shared with whom.
#[derive(Debug, Clone)]
pub(crate) struct SharedRow {
    pub source_id: Uuid,
    pub provider: String,
    /// Sealed by ingestion, kind `source`.
    pub key: Vec<u8>,
    pub audience: Uuid,
    pub revision: i64,
}

/// Shares sources, each once; an older revision changes nothing.
pub(crate) async fn share(tx: &mut TenantTx, rows: Vec<SharedRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let (mut ids, mut providers, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let (mut audiences, mut revisions) = (Vec::new(), Vec::new());
    for row in rows {
        ids.push(row.source_id);
        providers.push(row.provider);
        keys.push(row.key);
        audiences.push(row.audience);
        revisions.push(row.revision);
    }
    sqlx::query!(
        "insert into source (org_id, source_id, provider, key, audience, revision)
         select $1, s.* from unnest($2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::bigint[]) as s
         on conflict (org_id, source_id) do update set provider = excluded.provider, key = excluded.key,
             audience = excluded.audience, revision = excluded.revision, removed = false
         where source.revision < excluded.revision",
        org,
        &ids,
        &providers,
        &keys,
        &audiences,
        &revisions,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks a source as no longer shared. False when a newer sharing is known. A source that was never heard of is hidden.
pub(crate) async fn remove(tx: &mut TenantTx, source: Uuid, revision: i64, at_us: i64) -> Result<bool> {
    let org = tx.org().uuid();
    let done = sqlx::query!(
        "insert into source (org_id, source_id, provider, audience, revision, removed, removed_at_us)
         values ($1, $2, '', '00000000-0000-0000-0000-000000000000', $3, true, $4)
         on conflict (org_id, source_id) do update set key = null, revision = excluded.revision, removed = true,
             removed_at_us = greatest(source.removed_at_us, excluded.removed_at_us)
         where source.revision <= excluded.revision",
        org,
        source,
        revision,
        at_us,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Until when what sources brought is to be forgotten, for those that were ever removed.
pub(crate) async fn removals(tx: &mut TenantTx, sources: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        "select source_id, removed_at_us from source where org_id = $1 and source_id = any($2) and removed_at_us > 0",
        org,
        sources,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(|row| (row.source_id, row.removed_at_us)).collect())
}

/// Whether accounts can see sources, each pair once; an older version changes nothing.
pub(crate) async fn put_members(
    tx: &mut TenantTx,
    sources: &[Uuid],
    accounts: &[Uuid],
    present: &[bool],
    versions: &[i64],
) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into source_member (org_id, source_id, account_id, present, version_us)
         select $1, m.* from unnest($2::uuid[], $3::uuid[], $4::boolean[], $5::bigint[]) as m
         on conflict (org_id, source_id, account_id) do update
             set present = excluded.present, version_us = excluded.version_us
         where source_member.version_us <= excluded.version_us",
        org,
        sources,
        accounts,
        present,
        versions,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A source as shown.
#[derive(Debug, Clone)]
pub(crate) struct SourceRow {
    pub source_id: Uuid,
    pub provider: String,
    /// Sealed by ingestion, kind `source`.
    pub key: Option<Vec<u8>>,
}

/// The sources among `ids` that the member sees.
pub(crate) async fn visible(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<SourceRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        SourceRow,
        "select source_id, provider, key from source s where org_id = $1 and source_id = any($2)
             and exists (select from visible_sources($1) v where v.source_id = s.source_id and v.live)",
        org,
        ids,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}
