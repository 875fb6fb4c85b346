//! Suggestions.

use chrono::NaiveDate;
use pg::TenantTx;
use uuid::Uuid;

use super::Result;
use crate::domain::page::Page;

/// A suggestion as stored.
#[derive(Debug, Clone)]
pub(crate) struct SuggestionRow {
    pub suggestion_id: Uuid,
    pub source_id: Uuid,
    pub thing_id: Uuid,
    pub item_id: Uuid,
    pub effect: String,
    pub task_id: Option<Uuid>,
    pub new_state: Option<String>,
    pub assignee_member: Option<Uuid>,
    pub assignee_account: Option<Uuid>,
    pub due_on: Option<NaiveDate>,
    pub confidence: f32,
    pub quote_start: i32,
    pub quote_end: i32,
    /// Sealed, kind `suggestion`.
    pub body: Option<Vec<u8>>,
    pub status: String,
    pub created_at_us: i64,
}

/// A suggestion that was just read out of a message.
#[derive(Debug, Clone)]
pub(crate) struct FoundRow {
    pub row: SuggestionRow,
    /// Blind hash of what is asked of whom.
    pub fold: Vec<u8>,
    /// Whether it may be done unasked: something new, or what somebody says of their own task.
    pub own: bool,
}

/// Withdraws the open suggestions of messages that no longer say so.
pub(crate) async fn withdraw(tx: &mut TenantTx, items: &[Uuid], but: &[Uuid]) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "delete from suggestion where org_id = $1 and item_id = any($2) and status = 'open' and suggestion_id <> all($3)",
        org,
        items,
        but,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps suggestions. One that is open and that no member has touched is brought up to date; what was decided stays decided; what
/// the same thread asks already, openly or as a task, is not asked again. Answers which are new.
pub(crate) async fn put(tx: &mut TenantTx, found: Vec<FoundRow>) -> Result<Vec<Uuid>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let org = tx.org().uuid();
    let mut c = Columns::default();
    found.into_iter().for_each(|found| c.push(found));
    let new = sqlx::query_scalar!(
        "with found as (
             select * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::uuid[],
                 $10::date[], $11::real[], $12::int[], $13::int[], $14::bytea[], $15::bytea[], $16::bigint[])
                 as f(id, source, thing, item, effect, task, state, account, due, confidence, quote_start, quote_end, fold, body, at)),
         renewed as (
             update suggestion s set assignee_account = f.account, due_on = f.due, confidence = f.confidence,
                 quote_start = f.quote_start, quote_end = f.quote_end, body = f.body, task_id = f.task, new_state = f.state
             from found f where s.org_id = $1 and s.suggestion_id = f.id and s.status = 'open' and not s.patched)
         insert into suggestion (org_id, suggestion_id, source_id, thing_id, item_id, effect, task_id, new_state, assignee_account,
             due_on, confidence, quote_start, quote_end, fold, body, status, created_at_us)
         select $1, f.id, f.source, f.thing, f.item, f.effect, f.task, f.state, f.account, f.due, f.confidence, f.quote_start,
             f.quote_end, f.fold, f.body, 'open', f.at
         from found f
         where not (f.effect = 'create' and exists (
             select from suggestion d where d.org_id = $1 and d.thing_id = f.thing and d.fold = f.fold and d.status <> 'open'))
         order by f.at, f.id
         on conflict do nothing
         returning suggestion_id",
        org,
        &c.id,
        &c.source,
        &c.thing,
        &c.item,
        &c.effect,
        &c.task as &[Option<Uuid>],
        &c.state as &[Option<String>],
        &c.account as &[Option<Uuid>],
        &c.due as &[Option<NaiveDate>],
        &c.confidence,
        &c.start,
        &c.end,
        &c.fold,
        &c.body as &[Option<Vec<u8>>],
        &c.at,
    );
    Ok(new.fetch_all(tx.conn()).await?)
}

/// Open suggestions of messages of which nothing was decided yet: of an edited message nothing is done twice.
pub(crate) async fn undecided(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<SuggestionRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        SuggestionRow,
        "select suggestion_id, source_id, thing_id, item_id, effect, task_id, new_state, assignee_member, assignee_account,
             due_on, confidence, quote_start, quote_end, body, status, created_at_us
         from suggestion s where org_id = $1 and suggestion_id = any($2) and status = 'open' and not exists (
             select from suggestion d where d.org_id = $1 and d.item_id = s.item_id and d.status <> 'open')
         order by created_at_us, suggestion_id
         for update of s",
        org,
        ids,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

#[derive(Default)]
struct Columns {
    id: Vec<Uuid>,
    source: Vec<Uuid>,
    thing: Vec<Uuid>,
    item: Vec<Uuid>,
    effect: Vec<String>,
    task: Vec<Option<Uuid>>,
    state: Vec<Option<String>>,
    account: Vec<Option<Uuid>>,
    due: Vec<Option<NaiveDate>>,
    confidence: Vec<f32>,
    start: Vec<i32>,
    end: Vec<i32>,
    fold: Vec<Vec<u8>>,
    body: Vec<Option<Vec<u8>>>,
    at: Vec<i64>,
}

impl Columns {
    fn push(&mut self, FoundRow { row, fold, .. }: FoundRow) {
        self.id.push(row.suggestion_id);
        self.source.push(row.source_id);
        self.thing.push(row.thing_id);
        self.item.push(row.item_id);
        self.effect.push(row.effect);
        self.task.push(row.task_id);
        self.state.push(row.new_state);
        self.account.push(row.assignee_account);
        self.due.push(row.due_on);
        self.confidence.push(row.confidence);
        self.start.push(row.quote_start);
        self.end.push(row.quote_end);
        self.fold.push(fold);
        self.body.push(row.body);
        self.at.push(row.created_at_us);
    }
}

/// The suggestions that the member sees, newest first, one more than the page holds.
pub(crate) async fn page(tx: &mut TenantTx, status: &str, page: Page) -> Result<Vec<SuggestionRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        SuggestionRow,
        r#"select suggestion_id as "suggestion_id!", source_id as "source_id!", thing_id as "thing_id!", item_id as "item_id!",
             effect as "effect!", task_id, new_state, assignee_member, assignee_account, due_on, confidence as "confidence!",
             quote_start as "quote_start!", quote_end as "quote_end!", body, status as "status!",
             created_at_us as "created_at_us!"
         from visible_suggestions($1)
         where status = $2 and (created_at_us, suggestion_id) < ($3, $4)
         order by created_at_us desc, suggestion_id desc limit $5"#,
        org,
        status,
        page.after.at_us,
        page.after.id,
        page.limit + 1,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// The suggestion if the member sees it, locked until the end of the transaction.
pub(crate) async fn lock_visible(tx: &mut TenantTx, suggestion: Uuid) -> Result<Option<SuggestionRow>> {
    let org = tx.org().uuid();
    let row = sqlx::query_as!(
        SuggestionRow,
        "select suggestion_id, source_id, thing_id, item_id, effect, task_id, new_state, assignee_member, assignee_account,
             due_on, confidence, quote_start, quote_end, body, status, created_at_us
         from suggestion s where org_id = $1 and suggestion_id = $2
             and exists (select from visible_suggestions($1) v where v.suggestion_id = s.suggestion_id)
         for update of s",
        org,
        suggestion,
    );
    Ok(row.fetch_optional(tx.conn()).await?)
}

/// Keeps what a member changed.
pub(crate) async fn patch(tx: &mut TenantTx, row: &SuggestionRow) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update suggestion set body = $3, assignee_member = $4, assignee_account = $5, due_on = $6, patched = true
         where org_id = $1 and suggestion_id = $2",
        org,
        row.suggestion_id,
        row.body,
        row.assignee_member,
        row.assignee_account,
        row.due_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a decision, a member's or nobody's.
pub(crate) async fn decide(
    tx: &mut TenantTx,
    suggestion: Uuid,
    status: &str,
    task: Option<Uuid>,
    by: Option<Uuid>,
    at_us: i64,
) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update suggestion set status = $3, task_id = coalesce($4, task_id), decided_by = $5, decided_at_us = $6
         where org_id = $1 and suggestion_id = $2",
        org,
        suggestion,
        status,
        task,
        by,
        at_us,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
