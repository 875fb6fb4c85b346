//! Archives that are or were brought in.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// How an import stands.
pub struct Row {
    pub kind: String,
    pub scope: Vec<u8>,
    pub state: String,
    pub bytes: i64,
    pub heard_at: DateTime<Utc>,
    pub created_by: Uuid,
    pub pending: i64,
    pub applied: i64,
    pub skipped: i64,
    pub failed: i64,
    pub repeated: i64,
    pub left_out: i64,
}

/// Begins an import, or begins it again.
pub async fn begin(
    tx: &mut TenantTx,
    integration: Uuid,
    scope: &[u8],
    at: DateTime<Utc>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into import (org_id, integration_id, scope, state, bytes, started_at, heard_at)
         values ($1, $2, $3, 'receiving', 0, $4, $4)
         on conflict (org_id, integration_id) do update set state = 'receiving', bytes = 0, started_at = excluded.started_at,
             heard_at = excluded.heard_at",
        org,
        integration,
        scope,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps how far the attempt that began at `started_at` is, and that it was heard of. Of an attempt that a later one has
/// replaced, nothing is kept.
pub async fn progress(
    tx: &mut TenantTx,
    integration: Uuid,
    started_at: DateTime<Utc>,
    state: &str,
    bytes: i64,
    at: DateTime<Utc>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update import set state = $3, bytes = $4, heard_at = $5
         where org_id = $1 and integration_id = $2 and started_at = $6",
        org,
        integration,
        state,
        bytes,
        at,
        started_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks the attempt that began at `started_at` as cut short; a later attempt, and one that was received whole, stay.
pub async fn interrupt(
    tx: &mut TenantTx,
    integration: Uuid,
    started_at: DateTime<Utc>,
    bytes: i64,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update import set state = 'interrupted', bytes = $4
         where org_id = $1 and integration_id = $2 and started_at = $3 and state = 'receiving'",
        org,
        integration,
        started_at,
        bytes
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An import with its counts.
pub async fn get(tx: &mut TenantTx, integration: Uuid) -> Result<Option<Row>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Row,
        r#"select g.provider as kind, m.scope, m.state, m.bytes, m.heard_at, g.created_by,
               coalesce(d.pending, 0) as "pending!", coalesce(d.applied, 0) as "applied!", coalesce(d.skipped, 0) as "skipped!",
               coalesce(d.failed, 0) as "failed!", coalesce(c.repeated, 0)::bigint as "repeated!", coalesce(c.left_out, 0)::bigint as "left_out!"
           from import m
           join integration g on g.org_id = m.org_id and g.integration_id = m.integration_id and g.status <> 'deleted'
           cross join lateral (
               select count(*) filter (where state = 'pending') as pending, count(*) filter (where state = 'applied') as applied,
                      count(*) filter (where state = 'skipped') as skipped, count(*) filter (where state = 'failed') as failed
               from delivery d where d.org_id = m.org_id and d.integration_id = m.integration_id) d
           cross join lateral (
               select sum(count) filter (where outcome = 'repeated') as repeated, sum(count) filter (where outcome = 'skipped') as left_out
               from coverage c where c.org_id = m.org_id and c.integration_id = m.integration_id) c
           where m.org_id = $1 and m.integration_id = $2"#,
        org,
        integration
    )
    .fetch_optional(tx.conn())
    .await?)
}
