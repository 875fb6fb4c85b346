//! Changes of tasks.

use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// A change as stored.
#[derive(Debug, Clone)]
pub(crate) struct ChangeRow {
    pub task_id: Uuid,
    pub version: i64,
    pub at_us: i64,
    pub actor_member: Option<Uuid>,
    pub actor_account: Option<Uuid>,
    pub verb: String,
    /// Sealed, kind `task_change`.
    pub fields: Vec<u8>,
}

/// Appends changes.
pub(crate) async fn append(tx: &mut TenantTx, rows: Vec<ChangeRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let (mut ids, mut versions, mut at) = (Vec::new(), Vec::new(), Vec::new());
    let (mut members, mut accounts, mut verbs, mut fields) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        ids.push(row.task_id);
        versions.push(row.version);
        at.push(row.at_us);
        members.push(row.actor_member);
        accounts.push(row.actor_account);
        verbs.push(row.verb);
        fields.push(row.fields);
    }
    sqlx::query!(
        "insert into task_change (org_id, task_id, version, at_us, actor_member, actor_account, verb, fields)
         select $1, c.* from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::bytea[]) as c",
        org,
        &ids,
        &versions,
        &at,
        &members as &[Option<Uuid>],
        &accounts as &[Option<Uuid>],
        &verbs,
        &fields,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The changes of a task, newest first; its visibility is the caller's to have asked.
pub(crate) async fn of_task(tx: &mut TenantTx, task: Uuid, limit: i64) -> Result<Vec<ChangeRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        ChangeRow,
        "select task_id, version, at_us, actor_member, actor_account, verb, fields from task_change
         where org_id = $1 and task_id = $2 order by version desc limit $3",
        org,
        task,
        limit,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// Marks the newest change that can be taken back and was not yet, and returns it.
pub(crate) async fn take_back(tx: &mut TenantTx, task: Uuid) -> Result<Option<ChangeRow>> {
    let org = tx.org().uuid();
    let row = sqlx::query_as!(
        ChangeRow,
        "update task_change c set undone = true where org_id = $1 and task_id = $2 and version = (
             select max(version) from task_change
             where org_id = $1 and task_id = $2 and not undone and verb in ('updated', 'deleted'))
         returning task_id, version, at_us, actor_member, actor_account, verb, fields",
        org,
        task,
    );
    Ok(row.fetch_optional(tx.conn()).await?)
}

/// Forgets the history of tasks that are gone at their provider.
pub(crate) async fn forget(tx: &mut TenantTx, tasks: &[Uuid]) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!("delete from task_change where org_id = $1 and task_id = any($2)", org, tasks)
        .execute(tx.conn())
        .await?;
    Ok(())
}
