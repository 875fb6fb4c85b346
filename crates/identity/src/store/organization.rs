//! Organizations.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};

/// An organization that is not erased.
pub(crate) struct Organization {
    /// Sealed.
    pub(crate) name: Vec<u8>,
    pub(crate) cohort_floor: u32,
    pub(crate) created_at: DateTime<Utc>,
}

pub(crate) async fn insert(tx: &mut TenantTx, organization: &Organization) -> Result<(), PgError> {
    sqlx::query!(
        "insert into organization (org_id, name, cohort_floor, created_at) values ($1, $2, $3, $4)",
        tx.org().uuid(),
        organization.name,
        organization.cohort_floor.cast_signed(),
        organization.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The organization of the transaction; held against other changes until its end.
pub(crate) async fn find_for_update(tx: &mut TenantTx) -> Result<Option<Organization>, PgError> {
    let row = sqlx::query!(
        "select name, cohort_floor, created_at from organization where org_id = $1 and erased_at is null for update",
        tx.org().uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Organization {
        name: row.name,
        cohort_floor: row.cohort_floor.cast_unsigned(),
        created_at: row.created_at,
    }))
}

pub(crate) async fn find(tx: &mut TenantTx) -> Result<Option<Organization>, PgError> {
    let row = sqlx::query!(
        "select name, cohort_floor, created_at from organization where org_id = $1 and erased_at is null",
        tx.org().uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Organization {
        name: row.name,
        cohort_floor: row.cohort_floor.cast_unsigned(),
        created_at: row.created_at,
    }))
}

pub(crate) async fn update(tx: &mut TenantTx, name: &[u8], cohort_floor: u32) -> Result<(), PgError> {
    sqlx::query!(
        "update organization set name = $2, cohort_floor = $3 where org_id = $1",
        tx.org().uuid(),
        name,
        cohort_floor.cast_signed(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
