//! What an organization wants suggested and what done unasked.

use pg::TenantTx;

use super::Result;
use crate::domain::thresholds::Thresholds;

/// The organization's choice; none when it has made none.
pub(crate) async fn get(tx: &mut TenantTx) -> Result<Thresholds> {
    let org = tx.org().uuid();
    let row = sqlx::query_as!(Thresholds, "select suggest, auto from threshold where org_id = $1", org);
    Ok(row.fetch_optional(tx.conn()).await?.unwrap_or_default())
}

/// The same, locked, so that two who change one field each do not undo one another.
pub(crate) async fn lock(tx: &mut TenantTx) -> Result<Thresholds> {
    let org = tx.org().uuid();
    sqlx::query!("insert into threshold (org_id) values ($1) on conflict do nothing", org)
        .execute(tx.conn())
        .await?;
    let row =
        sqlx::query_as!(Thresholds, "select suggest, auto from threshold where org_id = $1 for update", org);
    Ok(row.fetch_one(tx.conn()).await?)
}

/// Keeps a choice.
pub(crate) async fn put(tx: &mut TenantTx, chosen: Thresholds) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update threshold set suggest = $2, auto = $3 where org_id = $1",
        org,
        chosen.suggest,
        chosen.auto
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
