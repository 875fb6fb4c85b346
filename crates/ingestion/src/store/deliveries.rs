//! Deliveries as they arrived.

use chrono::{DateTime, Utc};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A delivery about to be normalised, with what is known of its integration and source.
pub struct Pending {
    pub delivery_id: Uuid,
    pub integration_id: Uuid,
    pub provider: String,
    pub source_id: Option<Uuid>,
    pub source_key: Option<Vec<u8>>,
    pub source_shared: Option<bool>,
    pub event: String,
    pub body: Option<Vec<u8>>,
}

/// Loads waiting deliveries.
pub async fn pending(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Pending>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Pending,
        r#"select d.delivery_id, d.integration_id, i.provider, d.source_id as "source_id?", s.key as "source_key?",
               s.shared as "source_shared?", d.event, d.body
           from unnest($2::uuid[]) with ordinality as w (id, place)
           -- One id at a time: joined freely, all deliveries of an integration may be walked through.
           cross join lateral (select * from delivery d where d.org_id = $1 and d.delivery_id = w.id offset 0) d
           join integration i on i.org_id = d.org_id and i.integration_id = d.integration_id
           left join source s on s.org_id = d.org_id and s.source_id = d.source_id
           order by w.place"#,
        org,
        ids
    )
    .fetch_all(tx.conn())
    .await?)
}

/// What became of a delivery.
pub struct Fate {
    pub delivery_id: Uuid,
    pub state: &'static str,
    pub reason: String,
    /// The body is not needed any more: the archive still has it.
    pub drop_body: bool,
}

/// Writes what became of deliveries, and takes their places out of the queue.
pub async fn settle(tx: &mut TenantTx, fates: &[Fate], places: &[i64]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = fates.iter().map(|f| f.delivery_id).collect();
    let states: Vec<String> = fates.iter().map(|f| f.state.to_owned()).collect();
    let reasons: Vec<String> = fates.iter().map(|f| f.reason.clone()).collect();
    let drops: Vec<bool> = fates.iter().map(|f| f.drop_body).collect();
    sqlx::query!(
        "with gone as (delete from work where org_id = $1 and seq = any ($6))
         update delivery d set state = f.state, reason = f.reason, attempts = d.attempts + 1,
             body = case when f.drop_body then null else d.body end
         from unnest($2::uuid[], $3::text[], $4::text[], $5::bool[]) as f (id, state, reason, drop_body)
         where d.org_id = $1 and d.delivery_id = f.id",
        org,
        &ids,
        &states,
        &reasons,
        &drops,
        places
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes deliveries, of sources that are no longer shared.
pub async fn delete(tx: &mut TenantTx, ids: &[Uuid]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!("delete from delivery where org_id = $1 and delivery_id = any ($2)", org, ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A record of an archive to lay down.
pub struct Arrival {
    pub delivery_id: Uuid,
    pub source_id: Uuid,
    pub dedupe: [u8; 32],
    pub body: Vec<u8>,
}

/// Lays records of an archive down; returns the ids of those that were not there yet.
pub async fn insert(
    tx: &mut TenantTx,
    integration: Uuid,
    event: &str,
    arrivals: &[Arrival],
    at: DateTime<Utc>,
) -> Result<Vec<Uuid>, PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = arrivals.iter().map(|a| a.delivery_id).collect();
    let sources: Vec<Uuid> = arrivals.iter().map(|a| a.source_id).collect();
    let dedupes: Vec<&[u8]> = arrivals.iter().map(|a| &a.dedupe[..]).collect();
    let bodies: Vec<&[u8]> = arrivals.iter().map(|a| &a.body[..]).collect();
    Ok(sqlx::query_scalar!(
        "insert into delivery (org_id, delivery_id, integration_id, source_id, dedupe, event, body, received_at)
         select $1, a.id, $2, a.source, a.dedupe, $3, a.body, $4
         from unnest($5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[]) as a (id, source, dedupe, body)
         on conflict (org_id, integration_id, dedupe) do nothing returning delivery_id",
        org,
        integration,
        event,
        at,
        &ids,
        &sources,
        &dedupes as &[&[u8]],
        &bodies as &[&[u8]]
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A delivery as listed.
pub struct Listed {
    pub delivery_id: Uuid,
    pub source_id: Option<Uuid>,
    pub event: String,
    pub state: String,
    pub reason: String,
    pub attempts: i32,
    pub received_at: DateTime<Utc>,
}

/// Deliveries of an integration, newest first, older than `before`; all states when `state` is empty.
pub async fn list(
    tx: &mut TenantTx,
    integration: Uuid,
    state: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Listed>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Listed,
        "select delivery_id, source_id, event, state, reason, attempts, received_at from delivery
         where org_id = $1 and integration_id = $2 and ($3 = '' or state = $3) and ($4::uuid is null or delivery_id < $4)
         order by delivery_id desc limit $5",
        org,
        integration,
        state,
        before,
        limit
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Sets a delivery that still has its body to pending again. `None` when there is none.
pub async fn reset(tx: &mut TenantTx, integration: Uuid, delivery: Uuid) -> Result<Option<Listed>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Listed,
        "update delivery set state = 'pending', reason = '' where org_id = $1 and integration_id = $2 and delivery_id = $3
             and body is not null and state <> 'pending'
         returning delivery_id, source_id, event, state, reason, attempts, received_at",
        org,
        integration,
        delivery
    )
    .fetch_optional(tx.conn())
    .await?)
}
