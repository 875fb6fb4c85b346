//! Keys that sign caller tokens, wrapped. They stand under the installation's own id, which is all zeros.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A wrapped Ed25519 seed.
pub(crate) struct WrappedSeed {
    pub(crate) id: Uuid,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) made: DateTime<Utc>,
}

/// All keys. Other processes that rotate wait for this transaction's end.
pub(crate) async fn lock_and_list(tx: &mut TenantTx) -> Result<Vec<WrappedSeed>, PgError> {
    sqlx::query!("select pg_advisory_xact_lock(719285)").execute(tx.conn()).await?;
    let rows = sqlx::query!(
        "select key_id, wrapped, created_at from signing_key where org_id = $1 order by created_at",
        tx.org().uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WrappedSeed { id: row.key_id, wrapped: row.wrapped, made: row.created_at })
        .collect())
}

pub(crate) async fn insert(tx: &mut TenantTx, seed: &WrappedSeed) -> Result<(), PgError> {
    sqlx::query!(
        "insert into signing_key (org_id, key_id, wrapped, created_at) values ($1, $2, $3, $4)",
        tx.org().uuid(),
        seed.id,
        seed.wrapped,
        seed.made,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut TenantTx, ids: &[Uuid]) -> Result<(), PgError> {
    sqlx::query!("delete from signing_key where org_id = $1 and key_id = any($2)", tx.org().uuid(), ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}
