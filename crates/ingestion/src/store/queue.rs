//! The queue of deliveries that wait to be normalised.

use chrono::{DateTime, Utc};
use pg::{PgError, QueuePool, TenantTx};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

/// A place in the queue.
pub struct Waiting {
    pub org_id: Uuid,
    pub seq: i64,
    pub delivery_id: Uuid,
    pub ticket: Vec<u8>,
}

/// Shards in which something waits.
pub async fn busy_shards(pool: &QueuePool) -> Result<Vec<i16>, PgError> {
    Ok(sqlx::query_scalar!(
        r#"with recursive busy as (
               (select shard from work order by shard limit 1)
               union all
               select (select w.shard from work w where w.shard > b.shard order by w.shard limit 1) from busy b where b.shard is not null)
           select shard as "shard!" from busy where shard is not null"#
    )
    .fetch_all(pool.pool())
    .await?)
}

/// Claims a shard for as long as the transaction lives; `None` when somebody else has it.
pub async fn claim(pool: &QueuePool, shard: i16) -> Result<Option<Transaction<'static, Postgres>>, PgError> {
    let mut tx = pool.begin().await?;
    let mine =
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(7301, $1) as "mine!""#, i32::from(shard))
            .fetch_one(&mut *tx)
            .await?;
    Ok(mine.then_some(tx))
}

/// The oldest waiting deliveries of a claimed shard.
pub async fn oldest(
    tx: &mut Transaction<'static, Postgres>,
    shard: i16,
    limit: usize,
) -> Result<Vec<Waiting>, PgError> {
    Ok(sqlx::query_as!(
        Waiting,
        "select org_id, seq, delivery_id, ticket from work where shard = $1 order by seq limit $2",
        shard,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Takes places whose proof is wrong out of a claimed shard and keeps them apart, so that they are neither worked on nor read again.
pub async fn set_aside(
    tx: &mut Transaction<'static, Postgres>,
    places: &[Waiting],
    at: DateTime<Utc>,
) -> Result<(), PgError> {
    let orgs: Vec<Uuid> = places.iter().map(|place| place.org_id).collect();
    let seqs: Vec<i64> = places.iter().map(|place| place.seq).collect();
    sqlx::query!(
        "with gone as (
             delete from work w using unnest($1::uuid[], $2::bigint[]) as p (org_id, seq)
             where w.org_id = p.org_id and w.seq = p.seq
             returning w.org_id, w.seq, w.shard, w.delivery_id, w.ticket)
         insert into refused_work (org_id, seq, shard, delivery_id, ticket, at)
         select org_id, seq, shard, delivery_id, ticket, $3 from gone",
        &orgs,
        &seqs,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts deliveries into the queue, in their order.
pub async fn add(
    tx: &mut TenantTx,
    ids: &[Uuid],
    shards: &[i16],
    tickets: &[Vec<u8>],
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into work (org_id, shard, delivery_id, ticket)
         select $1, w.shard, w.id, w.ticket from unnest($2::uuid[], $3::smallint[], $4::bytea[]) as w (id, shard, ticket)",
        org,
        ids,
        shards,
        tickets
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
