//! Forgetting: deleted messages, sources that are no longer shared, tasks deleted long ago, whole organizations.

use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// What was said in deleted messages: suggestions nobody accepted, and the words of those that were.
pub(crate) async fn messages(tx: &mut TenantTx, items: &[Uuid]) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "with gone as (delete from suggestion where org_id = $1 and item_id = any($2) and status <> 'accepted'),
              quotes as (delete from evidence where org_id = $1 and item_id = any($2))
         update suggestion set body = null, quote_start = 0, quote_end = 0
         where org_id = $1 and item_id = any($2) and status = 'accepted'",
        org,
        items,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a source brought, but for tasks: messages, suggestions, quotes; and its members, unless a task that somebody made from it
/// still needs them to know who may see it.
pub(crate) async fn source(tx: &mut TenantTx, source: Uuid) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "with said as (delete from thread_message where org_id = $1 and source_id = $2),
              suggested as (delete from suggestion where org_id = $1 and source_id = $2),
              quoted as (delete from evidence where org_id = $1 and source_id = $2)
         delete from source_member where org_id = $1 and source_id = $2 and not exists (
             select from task where org_id = $1 and source_id = $2 and item_id is null)",
        org,
        source,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Tasks that members deleted before `before_us`: from then on it cannot be undone.
pub(crate) async fn deleted_tasks(tx: &mut TenantTx, before_us: i64) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "delete from task where org_id = $1 and deleted and item_id is null and updated_at_us < $2",
        org,
        before_us,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Everything of the organization.
pub(crate) async fn organization(tx: &mut TenantTx) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!("delete from suggestion where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from threshold where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from thread_message where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from evidence where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from task_change where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from task where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from list where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from source_member where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from source where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from account where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from team where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from member where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from dead_letter where org_id = $1", org).execute(tx.conn()).await?;
    Ok(())
}
