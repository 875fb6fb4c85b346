//! The organization's order of changes.

use pg::{PgError, TenantTx};

/// What the locked row says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locked {
    /// The last position given out.
    pub pos: i64,
    /// The organization is gone.
    pub erased: bool,
}

/// Makes this transaction the only writer of the organization's feed until it ends.
pub(crate) async fn lock(tx: &mut TenantTx) -> Result<Locked, PgError> {
    let org = tx.org().uuid();
    let row = sqlx::query!(
        "insert into feed_clock as c (org_id, pos) values ($1, 0)
         on conflict (org_id) do update set pos = c.pos returning pos, erased",
        org
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Locked { pos: row.pos, erased: row.erased })
}

/// Moves the clock on.
pub(crate) async fn set(tx: &mut TenantTx, pos: i64) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!("update feed_clock set pos = $2 where org_id = $1", org, pos).execute(tx.conn()).await?;
    Ok(())
}
