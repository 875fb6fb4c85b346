//! Statements. Every function takes the scoped transaction it runs in.

pub(crate) mod figures;
pub(crate) mod items;
pub(crate) mod people;
pub(crate) mod points;

use pg::{PgError, TenantTx};

/// The schema, applied by `oz migrate` as the owner role.
pub static MIGRATIONS: pg::Migrator = sqlx::migrate!("./migrations");

/// How a transaction shares an organization's facts with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Counting: beside others who count.
    Together,
    /// Removing: nobody counts meanwhile what is being removed.
    Alone,
}

/// Waits for its turn until the end of the transaction.
pub(crate) async fn take_turn(tx: &mut TenantTx, turn: Turn) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let alone = turn == Turn::Alone;
    sqlx::query!(
        r#"select case when $2 then pg_advisory_xact_lock(hashtextextended($1::uuid::text, 719285))::text
                  else pg_advisory_xact_lock_shared(hashtextextended($1::uuid::text, 719285))::text end as "locked""#,
        org,
        alone
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}
