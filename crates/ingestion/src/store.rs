//! Statements. One room a table or two; every function takes the scoped transaction it runs in.

pub mod accounts;
pub mod coverage;
pub mod deliveries;
pub mod door;
pub mod imports;
pub mod integrations;
pub mod items;
pub mod queue;
pub mod sources;

use pg::{PgError, TenantTx};

/// The schema, applied by `oz migrate` as the owner role.
pub static MIGRATIONS: pg::Migrator = sqlx::migrate!("./migrations");

/// Deletes what an erased organization left here; its keys are gone already.
pub async fn erase_organization(tx: &mut TenantTx) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!("delete from work where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from refused_work where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from delivery where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from item where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("update source set shared = false, key = '' where org_id = $1", org)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "update integration set status = 'deleted', name = '', secret = null, previous_secret = null where org_id = $1",
        org
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
