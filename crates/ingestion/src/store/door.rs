//! What the hook door asks and lays down, for any organization, through the definer's functions alone.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantPool};
use uuid::Uuid;

/// An integration as the door finds it by the id in the address.
pub struct DoorRow {
    pub org_id: Uuid,
    pub provider: String,
    pub status: String,
    pub secret: Option<Vec<u8>>,
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<DateTime<Utc>>,
    pub key_hashes: Vec<Vec<u8>>,
    pub source_ids: Vec<Uuid>,
}

/// Looks an integration up by its id.
pub async fn integration(pool: &TenantPool, id: Uuid) -> Result<Option<DoorRow>, PgError> {
    Ok(sqlx::query_as!(
        DoorRow,
        r#"select org_id as "org_id!", provider as "provider!", status as "status!", secret, previous_secret, previous_until,
           key_hashes as "key_hashes!", source_ids as "source_ids!" from door_integration($1)"#,
        id
    )
    .fetch_optional(pool.without_scope())
    .await?)
}

/// Deliveries to lay down together, column by column.
#[derive(Default)]
pub struct Arrivals {
    pub orgs: Vec<Uuid>,
    pub integrations: Vec<Uuid>,
    pub sources: Vec<Option<Uuid>>,
    pub ids: Vec<Uuid>,
    pub dedupes: Vec<Vec<u8>>,
    pub events: Vec<String>,
    pub bodies: Vec<Vec<u8>>,
    pub shards: Vec<i16>,
    pub tickets: Vec<Vec<u8>>,
}

/// Lays deliveries down in one commit. The outcome of each, in their order: `accepted`, `repeated`, `source_not_shared`.
pub async fn accept(pool: &TenantPool, a: &Arrivals, at: DateTime<Utc>) -> Result<Vec<String>, PgError> {
    let rows = sqlx::query!(
        r#"select place as "place!", outcome as "outcome!" from door_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
        &a.orgs,
        &a.integrations,
        &a.sources as &[Option<Uuid>],
        &a.ids,
        &a.dedupes,
        &a.events,
        &a.bodies,
        &a.shards,
        &a.tickets,
        at
    )
    .fetch_all(pool.without_scope())
    .await?;
    let mut outcomes = vec![String::new(); a.ids.len()];
    for row in rows {
        let place = usize::try_from(row.place - 1).unwrap_or(usize::MAX);
        if let Some(outcome) = outcomes.get_mut(place) {
            *outcome = row.outcome;
        }
    }
    Ok(outcomes)
}

/// Counts to add, column by column; the keys are distinct.
#[derive(Default)]
pub struct Counts {
    pub orgs: Vec<Uuid>,
    pub integrations: Vec<Uuid>,
    pub events: Vec<String>,
    pub outcomes: Vec<String>,
    pub reasons: Vec<String>,
    pub counts: Vec<i64>,
}

/// Adds to the ledger what was not stored.
pub async fn count(pool: &TenantPool, c: &Counts, at: DateTime<Utc>) -> Result<(), PgError> {
    sqlx::query!(
        "select door_count($1, $2, $3, $4, $5, $6, $7)",
        &c.orgs,
        &c.integrations,
        &c.events,
        &c.outcomes,
        &c.reasons,
        &c.counts,
        at
    )
    .fetch_one(pool.without_scope())
    .await?;
    Ok(())
}
