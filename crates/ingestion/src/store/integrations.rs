//! Integrations: connections to providers, and archives that stand as one.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// An integration.
pub struct Row {
    pub integration_id: Uuid,
    pub provider: String,
    pub name: Vec<u8>,
    pub status: String,
    pub created_by: Uuid,
    pub created_at: DateTime<Utc>,
    pub sources: i64,
}

/// An integration to make.
pub struct New<'a> {
    pub integration_id: Uuid,
    pub provider: &'a str,
    pub name: &'a [u8],
    pub secret: Option<&'a [u8]>,
    pub created_by: Uuid,
    pub created_at: DateTime<Utc>,
}

/// Makes an integration; one that exists already (an archive that is continued) stays. True when it was made.
pub async fn insert(tx: &mut TenantTx, new: New<'_>) -> Result<bool, PgError> {
    let org = tx.org().uuid();
    let done = sqlx::query!(
        "insert into integration (org_id, integration_id, provider, name, status, secret, created_by, created_at)
         values ($1, $2, $3, $4, 'active', $5, $6, $7) on conflict (org_id, integration_id) do nothing",
        org,
        new.integration_id,
        new.provider,
        new.name,
        new.secret,
        new.created_by,
        new.created_at
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One integration that is not deleted.
pub async fn get(tx: &mut TenantTx, id: Uuid) -> Result<Option<Row>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Row,
        r#"select i.integration_id, i.provider, i.name, i.status, i.created_by, i.created_at,
               (select count(*) from source s where s.org_id = i.org_id and s.integration_id = i.integration_id and s.shared) as "sources!"
           from integration i where i.org_id = $1 and i.integration_id = $2 and i.status <> 'deleted'"#,
        org,
        id
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Locks an integration that is not deleted, so that two people who change it take turns. False when there is none.
pub async fn lock(tx: &mut TenantTx, id: Uuid) -> Result<bool, PgError> {
    let org = tx.org().uuid();
    let row = sqlx::query!(
        "select 1 as one from integration where org_id = $1 and integration_id = $2 and status <> 'deleted' for update",
        org,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.is_some())
}

/// Holds the integrations of these deliveries as they are until the transaction ends: whoever changes what is shared waits for
/// it, and what is read afterwards stays true until the commit.
pub async fn hold(tx: &mut TenantTx, deliveries: &[Uuid]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "select 1 as one from integration where org_id = $1 and integration_id in
             (select integration_id from delivery where org_id = $1 and delivery_id = any ($2))
         order by integration_id for share",
        org,
        deliveries
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

/// Integrations that are not deleted, newest first, older than `before`.
pub async fn list(tx: &mut TenantTx, before: Option<Uuid>, limit: i64) -> Result<Vec<Row>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Row,
        r#"select i.integration_id, i.provider, i.name, i.status, i.created_by, i.created_at,
               (select count(*) from source s where s.org_id = i.org_id and s.integration_id = i.integration_id and s.shared) as "sources!"
           from integration i
           where i.org_id = $1 and i.status <> 'deleted' and ($2::uuid is null or (i.created_at, i.integration_id) <
               (select b.created_at, b.integration_id from integration b where b.org_id = $1 and b.integration_id = $2))
           order by i.created_at desc, i.integration_id desc limit $3"#,
        org,
        before,
        limit
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ends an integration and forgets its secrets.
pub async fn delete(tx: &mut TenantTx, id: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update integration set status = 'deleted', secret = null, previous_secret = null where org_id = $1 and integration_id = $2",
        org,
        id
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks an integration as ended by the provider.
pub async fn disconnect(tx: &mut TenantTx, id: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update integration set status = 'disconnected' where org_id = $1 and integration_id = $2 and status = 'active'",
        org,
        id
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes a new secret the current one; the one before stays valid until `until`.
pub async fn rotate(tx: &mut TenantTx, id: Uuid, secret: &[u8], until: DateTime<Utc>) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update integration set previous_secret = secret, previous_until = $4, secret = $3, status = 'active'
         where org_id = $1 and integration_id = $2",
        org,
        id,
        secret,
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
