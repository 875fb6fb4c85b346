//! The words that tasks were made or changed from.

use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// Evidence as stored.
#[derive(Debug, Clone)]
pub(crate) struct EvidenceRow {
    pub task_id: Uuid,
    pub item_id: Uuid,
    pub source_id: Uuid,
    pub thing_id: Uuid,
    /// Sealed, kind `evidence`, id of the message.
    pub quote: Vec<u8>,
}

/// Keeps evidence; the first quote of a message stays.
pub(crate) async fn put(tx: &mut TenantTx, row: &EvidenceRow) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into evidence (org_id, task_id, item_id, source_id, thing_id, quote) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing",
        org,
        row.task_id,
        row.item_id,
        row.source_id,
        row.thing_id,
        row.quote,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The evidence of tasks, as far as the member sees its sources.
pub(crate) async fn visible(tx: &mut TenantTx, tasks: &[Uuid]) -> Result<Vec<EvidenceRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        EvidenceRow,
        "select task_id, item_id, source_id, thing_id, quote from evidence e
         where org_id = $1 and task_id = any($2)
             and exists (select from visible_sources($1) s where s.source_id = e.source_id and s.live)
         order by task_id, item_id",
        org,
        tasks,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}
