//! Dead letters: listing and replaying what could not be applied, for the operator.

use ids::{EventId, OrgId};
use pg::{PgError, QueuePool};
use sqlx::Row;

/// An event that could not be applied. Shows no content: the envelope's is sealed and stays where it is.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Whose.
    pub org: OrgId,
    /// Which.
    pub event: EventId,
    /// Where it came from.
    pub topic: String,
    /// Full name of its payload's message.
    pub type_name: String,
    /// Why.
    pub reason: String,
    /// When, RFC 3339.
    pub at: String,
}

/// The newest dead letters of one service, at most `limit`.
///
/// # Errors
/// When the database is away.
pub async fn dead_letters(pool: &QueuePool, limit: u32) -> Result<Vec<DeadLetter>, PgError> {
    let rows = sqlx::query(
        "select org_id, event_id, topic, type, reason, to_char(at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
         from dead_letter order by at desc limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DeadLetter {
                org: OrgId::from_uuid(row.try_get(0)?),
                event: EventId::from_uuid(row.try_get(1)?),
                topic: row.try_get(2)?,
                type_name: row.try_get(3)?,
                reason: row.try_get(4)?,
                at: row.try_get(5)?,
            })
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(PgError::from)
}

/// Forgets that the event was consumed and puts it into this service's outbox again, all at once. False when there is no such
/// dead letter. Every consumer of the topic sees it again; those that have applied it within [`crate::KEEP`] pass over it.
///
/// # Errors
/// When the database is away; then the dead letter stays.
pub async fn replay(pool: &QueuePool, event: EventId) -> Result<bool, PgError> {
    let mut tx = pool.begin().await?;
    let replayed = sqlx::query(
        "with dead as (delete from dead_letter where event_id = $1 returning org_id, event_id, topic, envelope),
              forgotten as (delete from consumed c using dead d where c.org_id = d.org_id and c.event_id = d.event_id)
         insert into outbox (org_id, topic, key, event_id, envelope)
         select org_id, topic, uuid_send(event_id), event_id, envelope from dead",
    )
    .bind(event.uuid())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(replayed.rows_affected() > 0)
}
