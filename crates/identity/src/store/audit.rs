//! The audit log: written once, never changed.

use chrono::{DateTime, Utc};
use ids::AuditId;
use pg::{PgError, TenantTx};

use crate::domain::paging::Page;

/// Who did what to what, why and when. Ids and stable words only.
pub(crate) struct Entry {
    pub(crate) id: AuditId,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) actor: String,
    pub(crate) purpose: String,
    pub(crate) at: DateTime<Utc>,
}

/// Writes an entry; a repeat of the same one has no effect.
pub(crate) async fn insert(tx: &mut TenantTx, entry: &Entry) -> Result<(), PgError> {
    sqlx::query!(
        "insert into audit (org_id, audit_id, action, subject, actor, purpose, at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict do nothing",
        tx.org().uuid(),
        entry.id.uuid(),
        entry.action,
        entry.subject,
        entry.actor,
        entry.purpose,
        entry.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Newest first.
pub(crate) async fn list(tx: &mut TenantTx, page: Page) -> Result<Vec<Entry>, PgError> {
    let rows = sqlx::query!(
        "select audit_id, action, subject, actor, purpose, at from audit
         where org_id = $1 and ($2::uuid is null or audit_id < $2) order by audit_id desc limit $3",
        tx.org().uuid(),
        page.after,
        page.fetch(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            id: AuditId::from_uuid(row.audit_id),
            action: row.action,
            subject: row.subject,
            actor: row.actor,
            purpose: row.purpose,
            at: row.at,
        })
        .collect())
}
