//! Tasks.

use chrono::NaiveDate;
use pg::TenantTx;
use uuid::Uuid;

use super::Result;
use crate::domain::page::Page;

/// A task as stored.
#[derive(Debug, Clone)]
pub(crate) struct TaskRow {
    pub task_id: Uuid,
    pub list_id: Uuid,
    pub source_id: Option<Uuid>,
    pub thing_id: Option<Uuid>,
    pub item_id: Option<Uuid>,
    pub provider: String,
    pub state: String,
    pub assignee_member: Option<Uuid>,
    pub assignee_account: Option<Uuid>,
    pub due_on: Option<NaiveDate>,
    pub priority: String,
    /// Sealed, kind `task_body`; empty for tombstones.
    pub body: Vec<u8>,
    pub version: i64,
    pub version_us: i64,
    pub created_at_us: i64,
    pub updated_at_us: i64,
    pub deleted: bool,
}

/// The task if the member sees it, deleted or not, locked until the end of the transaction.
pub(crate) async fn lock_visible(tx: &mut TenantTx, task: Uuid) -> Result<Option<TaskRow>> {
    let org = tx.org().uuid();
    let row = sqlx::query_as!(
        TaskRow,
        "select task_id, list_id, source_id, thing_id, item_id, provider, state, assignee_member, assignee_account, due_on,
                priority, body, version, version_us, created_at_us, updated_at_us, deleted
         from task t where org_id = $1 and task_id = $2
             and exists (select from visible_tasks($1) v where v.task_id = t.task_id)
         for update of t",
        org,
        task,
    );
    Ok(row.fetch_optional(tx.conn()).await?)
}

/// The task if the member sees it and it is not deleted.
pub(crate) async fn visible(tx: &mut TenantTx, task: Uuid) -> Result<Option<TaskRow>> {
    let org = tx.org().uuid();
    let row = sqlx::query_as!(
        TaskRow,
        r#"select task_id as "task_id!", list_id as "list_id!", source_id, thing_id, item_id, provider as "provider!",
                state as "state!", assignee_member, assignee_account, due_on, priority as "priority!", body as "body!",
                version as "version!", version_us as "version_us!", created_at_us as "created_at_us!",
                updated_at_us as "updated_at_us!", deleted as "deleted!"
         from visible_tasks($1) where task_id = $2 and not deleted"#,
        org,
        task,
    );
    Ok(row.fetch_optional(tx.conn()).await?)
}

/// What a page of tasks is limited to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub list: Option<Uuid>,
    pub state: Option<&'static str>,
    pub assignee: Option<Uuid>,
}

/// The tasks that the member sees, newest first, one more than the page holds.
pub(crate) async fn page(tx: &mut TenantTx, filter: Filter, page: Page) -> Result<Vec<TaskRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        TaskRow,
        r#"select task_id as "task_id!", list_id as "list_id!", source_id, thing_id, item_id, provider as "provider!",
                state as "state!", assignee_member, assignee_account, due_on, priority as "priority!", body as "body!",
                version as "version!", version_us as "version_us!", created_at_us as "created_at_us!",
                updated_at_us as "updated_at_us!", deleted as "deleted!"
         from visible_tasks($1) t
         where not deleted and (created_at_us, task_id) < ($2, $3)
             and ($4::uuid is null or list_id = $4) and ($5::text is null or state = $5)
             and ($6::uuid is null or assignee_member = $6 or exists (
                 select from account a where a.org_id = $1 and a.account_id = t.assignee_account and a.member_id = $6))
         order by created_at_us desc, task_id desc limit $7"#,
        org,
        page.after.at_us,
        page.after.id,
        filter.list,
        filter.state,
        filter.assignee,
        page.limit + 1,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// The tasks among `ids`, for the service itself, locked.
pub(crate) async fn lock(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<TaskRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        TaskRow,
        "select task_id, list_id, source_id, thing_id, item_id, provider, state, assignee_member, assignee_account, due_on,
                priority, body, version, version_us, created_at_us, updated_at_us, deleted
         from task where org_id = $1 and task_id = any($2) order by task_id for update",
        org,
        ids,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// The mirrored tasks of a source, for the service itself, locked.
pub(crate) async fn lock_mirrored(tx: &mut TenantTx, sources: &[Uuid]) -> Result<Vec<TaskRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        TaskRow,
        "select task_id, list_id, source_id, thing_id, item_id, provider, state, assignee_member, assignee_account, due_on,
                priority, body, version, version_us, created_at_us, updated_at_us, deleted
         from task where org_id = $1 and source_id = any($2) and item_id is not null and not deleted
         order by task_id for update",
        org,
        sources,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// Inserts or replaces tasks, each id once.
pub(crate) async fn put(tx: &mut TenantTx, rows: Vec<TaskRow>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let mut c = Columns::default();
    rows.into_iter().for_each(|row| c.push(row));
    sqlx::query!(
        "insert into task (org_id, task_id, list_id, source_id, thing_id, item_id, provider, state, assignee_member,
             assignee_account, due_on, priority, body, version, version_us, created_at_us, updated_at_us, deleted)
         select $1, t.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::uuid[],
             $10::uuid[], $11::date[], $12::text[], $13::bytea[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
             $18::boolean[]) as t
         on conflict (org_id, task_id) do update set list_id = excluded.list_id, source_id = excluded.source_id,
             thing_id = excluded.thing_id, state = excluded.state, assignee_member = excluded.assignee_member,
             assignee_account = excluded.assignee_account, due_on = excluded.due_on, priority = excluded.priority,
             body = excluded.body, version = excluded.version, version_us = excluded.version_us,
             updated_at_us = excluded.updated_at_us, deleted = excluded.deleted",
        org,
        &c.id,
        &c.list,
        &c.source as &[Option<Uuid>],
        &c.thing as &[Option<Uuid>],
        &c.item as &[Option<Uuid>],
        &c.provider,
        &c.state,
        &c.member as &[Option<Uuid>],
        &c.account as &[Option<Uuid>],
        &c.due as &[Option<NaiveDate>],
        &c.priority,
        &c.body,
        &c.version,
        &c.version_us,
        &c.created,
        &c.updated,
        &c.deleted,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[derive(Default)]
struct Columns {
    id: Vec<Uuid>,
    list: Vec<Uuid>,
    source: Vec<Option<Uuid>>,
    thing: Vec<Option<Uuid>>,
    item: Vec<Option<Uuid>>,
    provider: Vec<String>,
    state: Vec<String>,
    member: Vec<Option<Uuid>>,
    account: Vec<Option<Uuid>>,
    due: Vec<Option<NaiveDate>>,
    priority: Vec<String>,
    body: Vec<Vec<u8>>,
    version: Vec<i64>,
    version_us: Vec<i64>,
    created: Vec<i64>,
    updated: Vec<i64>,
    deleted: Vec<bool>,
}

impl Columns {
    fn push(&mut self, row: TaskRow) {
        self.id.push(row.task_id);
        self.list.push(row.list_id);
        self.source.push(row.source_id);
        self.thing.push(row.thing_id);
        self.item.push(row.item_id);
        self.provider.push(row.provider);
        self.state.push(row.state);
        self.member.push(row.assignee_member);
        self.account.push(row.assignee_account);
        self.due.push(row.due_on);
        self.priority.push(row.priority);
        self.body.push(row.body);
        self.version.push(row.version);
        self.version_us.push(row.version_us);
        self.created.push(row.created_at_us);
        self.updated.push(row.updated_at_us);
        self.deleted.push(row.deleted);
    }
}
