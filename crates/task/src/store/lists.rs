//! Lists.

use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// A list as stored.
#[derive(Debug, Clone)]
pub(crate) struct ListRow {
    pub list_id: Uuid,
    /// Sealed, kind `list`.
    pub name: Vec<u8>,
    pub audience: Uuid,
    pub is_default: bool,
    pub created_at_us: i64,
}

/// Inserts the list; false when it is there already, possibly made a moment ago by another transaction.
pub(crate) async fn insert(tx: &mut TenantTx, row: &ListRow) -> Result<bool> {
    let org = tx.org().uuid();
    let done = sqlx::query!(
        "insert into list (org_id, list_id, name, audience, is_default, created_at_us) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing",
        org,
        row.list_id,
        row.name,
        row.audience,
        row.is_default,
        row.created_at_us,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the list exists, for whomever.
pub(crate) async fn exists(tx: &mut TenantTx, list: Uuid) -> Result<bool> {
    let org = tx.org().uuid();
    let found = sqlx::query_scalar!(
        r#"select true as "yes!" from list where org_id = $1 and list_id = $2"#,
        org,
        list
    );
    Ok(found.fetch_optional(tx.conn()).await?.is_some())
}

/// The lists that the member sees, the default first.
pub(crate) async fn visible(tx: &mut TenantTx) -> Result<Vec<ListRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        ListRow,
        "select list_id, name, audience, is_default, created_at_us from list
         where org_id = $1 and audience = any(oz.standing()) order by is_default desc, created_at_us, list_id",
        org,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// The audience of a list that the member sees.
pub(crate) async fn visible_audience(tx: &mut TenantTx, list: Uuid) -> Result<Option<Uuid>> {
    let org = tx.org().uuid();
    let found = sqlx::query_scalar!(
        "select audience from list where org_id = $1 and list_id = $2 and audience = any(oz.standing())",
        org,
        list,
    );
    Ok(found.fetch_optional(tx.conn()).await?)
}
