//! Data keys of organizations, wrapped.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};

/// A wrapped key that is not destroyed.
pub(crate) struct WrappedKey {
    /// `content` or `search`.
    pub(crate) purpose: String,
    pub(crate) version: u32,
    pub(crate) wrapped: Vec<u8>,
}

/// All keys that can still open; none when the organization is erased or never was.
pub(crate) async fn list(tx: &mut TenantTx) -> Result<Vec<WrappedKey>, PgError> {
    let rows = sqlx::query!(
        r#"select k.purpose, k.version, k.wrapped as "wrapped!"
           from org_key k join organization o on o.org_id = k.org_id
           where k.org_id = $1 and o.org_id = $1 and o.erased_at is null and k.wrapped is not null
           order by k.purpose, k.version"#,
        tx.org().uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WrappedKey {
            purpose: row.purpose,
            version: row.version.cast_unsigned(),
            wrapped: row.wrapped,
        })
        .collect())
}

/// The greatest version of content key there ever was.
pub(crate) async fn newest_content_version(tx: &mut TenantTx) -> Result<u32, PgError> {
    let newest = sqlx::query_scalar!(
        r#"select coalesce(max(version), 0) as "newest!" from org_key where org_id = $1 and purpose = 'content'"#,
        tx.org().uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(newest.cast_unsigned())
}

pub(crate) async fn insert(tx: &mut TenantTx, key: &WrappedKey, now: DateTime<Utc>) -> Result<(), PgError> {
    sqlx::query!(
        "insert into org_key (org_id, purpose, version, wrapped, created_at) values ($1, $2, $3, $4, $5)",
        tx.org().uuid(),
        key.purpose,
        key.version.cast_signed(),
        key.wrapped,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
