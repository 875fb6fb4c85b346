//! Every statement of the embedded log.

use bytes::Bytes;
use sqlx::postgres::{PgListener, PgPool, PgRow};
use sqlx::{PgExecutor, Row};
use uuid::Uuid;

use crate::{BusError, Delivered, Lag, MAX_BATCH_BYTES, Record, partition_of};

/// Namespaces of advisory locks: partitions by `lock_id`, members by `member_id`. They also stand in the statements below.
const PARTITION_LOCKS: i32 = 20_261;
/// Held while the schema is made.
const SCHEMA_LOCK: i64 = 20_263;

/// A topic as the log knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic {
    pub id: i32,
    pub partitions: i32,
}

/// A partition of a group, and who holds it.
pub(super) struct Claimable {
    pub topic_id: i32,
    pub partition: i32,
    pub lock_id: i32,
    /// Some session holds it.
    pub taken: bool,
    /// This session holds it.
    pub mine: bool,
}

/// A living member of a group.
pub(super) struct Member {
    pub id: i32,
    pub topic_ids: Vec<i32>,
}

pub(super) async fn migrate(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(SCHEMA_LOCK).execute(&mut *tx).await?;
    sqlx::raw_sql(include_str!("schema.sql")).execute(&mut *tx).await?;
    tx.commit().await
}

pub(super) async fn ping(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("select 1 from bus_topic limit 1").execute(pool).await.map(drop)
}

pub(super) async fn topic(pool: &PgPool, name: &str) -> Result<Option<Topic>, sqlx::Error> {
    let row = sqlx::query("select topic_id, partitions from bus_topic where name = $1")
        .bind(name)
        .fetch_optional(pool)
        .await?;
    row.map(|row| Ok(Topic { id: row.try_get(0)?, partitions: row.try_get(1)? })).transpose()
}

/// Makes the topic with its partitions unless it exists.
pub(super) async fn create_topic(pool: &PgPool, name: &str, partitions: i32) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with made as (
             insert into bus_topic (name, partitions) values ($1, $2) on conflict (name) do nothing returning topic_id)
         insert into bus_partition (topic_id, partition)
         select topic_id, number from made, generate_series(0, $2 - 1) as number",
    )
    .bind(name)
    .bind(partitions)
    .execute(pool)
    .await
    .map(drop)
}

/// Appends all records of all topics or none.
pub(super) async fn append(pool: &PgPool, records: &[(Topic, Vec<Record>)]) -> Result<(), sqlx::Error> {
    let all =
        || records.iter().flat_map(|(topic, records)| records.iter().map(move |record| (topic, record)));
    let topics: Vec<i32> = all().map(|(topic, _)| topic.id).collect();
    let partitions: Vec<i32> = all().map(|(topic, r)| partition_of(&r.key, topic.partitions)).collect();
    let keys: Vec<&[u8]> = all().map(|(_, r)| r.key.as_slice()).collect();
    let payloads: Vec<&[u8]> = all().map(|(_, r)| &r.payload[..]).collect();
    let event_ids: Vec<Option<Uuid>> = all().map(|(_, r)| r.event_id.map(Uuid::from_bytes)).collect();
    let traceparents: Vec<Option<&str>> = all().map(|(_, r)| r.traceparent.as_deref()).collect();
    sqlx::query("select bus_append($1, $2, $3, $4, $5, $6)")
        .bind(topics)
        .bind(partitions)
        .bind(keys)
        .bind(payloads)
        .bind(event_ids)
        .bind(traceparents)
        .execute(pool)
        .await
        .map(drop)
}

/// The records at and after `offset`, at most `max`, and at most a batch's bytes after the first.
pub(super) async fn read(
    executor: impl PgExecutor<'_>,
    topic_id: i32,
    partition: i32,
    offset: i64,
    max: usize,
) -> Result<Vec<Delivered>, BusError> {
    let rows = sqlx::query(
        "select log_offset, key, payload, event_id, traceparent from (
             select l.*, row_number() over (order by log_offset) as place,
                    sum(octet_length(payload)) over (order by log_offset) as bytes
               from bus_log l
              where topic_id = $1 and partition = $2 and log_offset >= $3
              order by log_offset limit $4) page
          where place = 1 or bytes <= $5
          order by log_offset",
    )
    .bind(topic_id)
    .bind(partition)
    .bind(offset)
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .bind(i64::try_from(MAX_BATCH_BYTES).unwrap_or(i64::MAX))
    .fetch_all(executor)
    .await?;
    rows.iter().map(|row| delivered(row).map_err(BusError::from)).collect()
}

fn delivered(row: &PgRow) -> Result<Delivered, sqlx::Error> {
    let event_id: Option<Uuid> = row.try_get(3)?;
    let record = Record {
        key: row.try_get(1)?,
        payload: Bytes::from(row.try_get::<Vec<u8>, _>(2)?),
        event_id: event_id.map(Uuid::into_bytes),
        traceparent: row.try_get(4)?,
    };
    Ok(Delivered { offset: row.try_get(0)?, record })
}

/// Gives the group its rows; a new group begins with the oldest record there is.
pub(super) async fn ensure_group(pool: &PgPool, group: &str, topic_ids: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into bus_group (group_name, topic_id, partition, committed)
         select $1, p.topic_id, p.partition, coalesce(
                (select min(l.log_offset) from bus_log l where l.topic_id = p.topic_id and l.partition = p.partition),
                p.next_offset)
           from bus_partition p where p.topic_id = any($2)
         on conflict do nothing",
    )
    .bind(group)
    .bind(topic_ids)
    .execute(pool)
    .await
    .map(drop)
}

/// Enters the group: the member's row becomes visible together with the lock that proves it alive. Forgets the dead.
pub(super) async fn join(
    session: &mut PgListener,
    group: &str,
    topic_ids: &[i32],
) -> Result<i32, sqlx::Error> {
    sqlx::query(
        "delete from bus_member m where m.group_name = $1 and not exists (
             select from pg_locks l
              where l.locktype = 'advisory' and l.classid = 20262 and l.objid = m.member_id::oid and l.granted
                and l.database = (select oid from pg_database where datname = current_database()))",
    )
    .bind(group)
    .execute(&mut *session)
    .await?;
    let row = sqlx::query(
        "with entered as (insert into bus_member (group_name, topic_ids) values ($1, $2) returning member_id)
         select member_id, pg_advisory_lock(20262, member_id) from entered",
    )
    .bind(group)
    .bind(topic_ids)
    .fetch_one(session)
    .await?;
    row.try_get(0)
}

/// Tells the members of the group that partitions are to be shared anew.
pub(super) async fn announce(session: &mut PgListener, group: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_notify('oz_bus_groups', $1)").bind(group).execute(session).await.map(drop)
}

pub(super) async fn leave(session: &mut PgListener, member_id: i32) -> Result<(), sqlx::Error> {
    sqlx::query("delete from bus_member where member_id = $1").bind(member_id).execute(&mut *session).await?;
    sqlx::query("select pg_advisory_unlock_all()").execute(session).await.map(drop)
}

/// The members whose sessions live, oldest first.
pub(super) async fn living(session: &mut PgListener, group: &str) -> Result<Vec<Member>, sqlx::Error> {
    let rows = sqlx::query(
        "select m.member_id, m.topic_ids
           from bus_member m
           join pg_locks l on l.locktype = 'advisory' and l.classid = 20262 and l.objid = m.member_id::oid and l.granted
            and l.database = (select oid from pg_database where datname = current_database())
          where m.group_name = $1
          order by m.member_id",
    )
    .bind(group)
    .fetch_all(session)
    .await?;
    rows.iter().map(|row| Ok(Member { id: row.try_get(0)?, topic_ids: row.try_get(1)? })).collect()
}

/// The group's partitions and who holds them.
pub(super) async fn survey(
    session: &mut PgListener,
    group: &str,
    topic_ids: &[i32],
) -> Result<Vec<Claimable>, sqlx::Error> {
    let rows = sqlx::query(
        "select g.topic_id, g.partition, g.lock_id, l.pid is not null, coalesce(l.pid = pg_backend_pid(), false)
           from bus_group g
           left join pg_locks l on l.locktype = 'advisory' and l.classid = 20261 and l.objid = g.lock_id::oid and l.granted
            and l.database = (select oid from pg_database where datname = current_database())
          where g.group_name = $1 and g.topic_id = any($2)
          order by g.topic_id, g.partition",
    )
    .bind(group)
    .bind(topic_ids)
    .fetch_all(session)
    .await?;
    let claimable = |row: &PgRow| {
        Ok(Claimable {
            topic_id: row.try_get(0)?,
            partition: row.try_get(1)?,
            lock_id: row.try_get(2)?,
            taken: row.try_get(3)?,
            mine: row.try_get(4)?,
        })
    };
    rows.iter().map(claimable).collect()
}

pub(super) async fn try_lock(session: &mut PgListener, lock_id: i32) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("select pg_try_advisory_lock($1, $2)")
        .bind(PARTITION_LOCKS)
        .bind(lock_id)
        .fetch_one(session)
        .await?;
    row.try_get(0)
}

pub(super) async fn unlock(session: &mut PgListener, lock_id: i32) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_unlock($1, $2)")
        .bind(PARTITION_LOCKS)
        .bind(lock_id)
        .execute(session)
        .await
        .map(drop)
}

/// Takes the partition over, which fences whoever had it, and returns where to begin.
pub(super) async fn own(
    session: &mut PgListener,
    group: &str,
    claimable: &Claimable,
    member_id: i32,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "update bus_group set owner = $4 where group_name = $1 and topic_id = $2 and partition = $3
         returning committed",
    )
    .bind(group)
    .bind(claimable.topic_id)
    .bind(claimable.partition)
    .bind(member_id)
    .fetch_one(session)
    .await?;
    row.try_get(0)
}

/// Moves the group's offset forward; `false` when the partition is no longer the member's.
pub(super) async fn commit(
    pool: &PgPool,
    group: &str,
    (topic_id, partition): (i32, i32),
    member_id: i32,
    next_offset: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update bus_group set committed = greatest(committed, $5)
          where group_name = $1 and topic_id = $2 and partition = $3 and owner = $4",
    )
    .bind(group)
    .bind(topic_id)
    .bind(partition)
    .bind(member_id)
    .bind(next_offset)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn lag(pool: &PgPool, group: &str) -> Result<Vec<Lag>, sqlx::Error> {
    let rows = sqlx::query(
        "select t.name, g.partition, p.next_offset - g.committed
           from bus_group g
           join bus_partition p using (topic_id, partition)
           join bus_topic t using (topic_id)
          where g.group_name = $1
          order by t.name, g.partition",
    )
    .bind(group)
    .fetch_all(pool)
    .await?;
    let lag = |row: &PgRow| {
        Ok(Lag { topic: row.try_get(0)?, partition: row.try_get(1)?, records: row.try_get(2)? })
    };
    rows.iter().map(lag).collect()
}

/// Deletes up to `limit` records that every group of their topic has committed and that are older than `seconds`.
pub(super) async fn expire(pool: &PgPool, seconds: f64, limit: i64) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "delete from bus_log where ctid = any(array(
             select l.ctid
               from (select topic_id, partition, min(committed) as committed
                       from bus_group group by topic_id, partition) done
               join bus_log l on l.topic_id = done.topic_id and l.partition = done.partition
                and l.log_offset < done.committed
              where l.appended_at < now() - make_interval(secs => $1)
              limit $2))",
    )
    .bind(seconds)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
