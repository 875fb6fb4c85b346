//! The coverage ledger: stored deliveries by state, and what was counted without being stored.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// One line of the ledger.
pub struct Line {
    pub event: String,
    pub outcome: String,
    pub reason: String,
    pub source_id: Option<Uuid>,
    pub count: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// The whole ledger of one integration.
pub async fn lines(tx: &mut TenantTx, integration: Uuid) -> Result<Vec<Line>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Line,
        r#"select event as "event!", state as "outcome!", reason as "reason!", source_id, count(*) as "count!",
               min(received_at) as "first_at!", max(received_at) as "last_at!"
           from delivery where org_id = $1 and integration_id = $2 group by event, state, reason, source_id
           union all
           select event, outcome, reason, null, count, first_at, last_at from coverage where org_id = $1 and integration_id = $2
           order by 1, 2, 3"#,
        org,
        integration
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Keeps count of deliveries that are about to be deleted, those of an ended source and those given: by the event's name, as if
/// they had never been let in.
pub async fn let_go(tx: &mut TenantTx, source: Option<Uuid>, deliveries: &[Uuid]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into coverage as c (org_id, integration_id, event, outcome, reason, count, first_at, last_at)
         select org_id, integration_id, event, 'skipped', 'source_removed', count(*), min(received_at), max(received_at)
         from delivery where org_id = $1 and (source_id = $2 or delivery_id = any ($3))
         group by org_id, integration_id, event order by integration_id, event
         on conflict (org_id, integration_id, event, outcome, reason)
         do update set count = c.count + excluded.count, last_at = greatest(c.last_at, excluded.last_at)",
        org,
        source,
        deliveries
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sets what an archive holds beyond its records: sent again, it is the same, not twice as much.
pub async fn left_out(
    tx: &mut TenantTx,
    integration: Uuid,
    (event, reason): (&str, &str),
    count: i64,
    at: DateTime<Utc>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into coverage as c (org_id, integration_id, event, outcome, reason, count, first_at, last_at)
         values ($1, $2, $3, 'skipped', $4, $5, $6, $6)
         on conflict (org_id, integration_id, event, outcome, reason)
         do update set count = excluded.count, last_at = excluded.last_at",
        org,
        integration,
        event,
        reason,
        count,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds to one line of the ledger.
pub async fn add(
    tx: &mut TenantTx,
    integration: Uuid,
    (event, outcome, reason): (&str, &str, &str),
    count: i64,
    at: DateTime<Utc>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into coverage as c (org_id, integration_id, event, outcome, reason, count, first_at, last_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         on conflict (org_id, integration_id, event, outcome, reason)
         do update set count = c.count + excluded.count, last_at = excluded.last_at",
        org,
        integration,
        event,
        outcome,
        reason,
        count,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
