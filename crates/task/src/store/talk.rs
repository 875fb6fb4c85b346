//! The newest messages of each thread, and the tasks that it may speak of.

use chrono::NaiveDate;
use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// Messages kept of one thread.
pub(crate) const WINDOW: i32 = 50;
/// Open tasks looked at for one thread.
const TASKS: i32 = 50;

/// A message as stored.
#[derive(Debug, Clone)]
pub(crate) struct MessageRow {
    pub item_id: Uuid,
    pub thing_id: Uuid,
    pub source_id: Uuid,
    pub account_id: Option<Uuid>,
    pub occurred_at_us: i64,
    pub version_us: i64,
    pub mentioned: Vec<Uuid>,
    /// Sealed by ingestion, kind `item`; none when deleted.
    pub content: Option<Vec<u8>>,
}

/// A message that was taken in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub item_id: Uuid,
    pub thing_id: Uuid,
    /// It was not known before.
    pub is_new: bool,
}

/// Takes messages in, each once. Of several versions the greatest wins, and of equal ones the later, except over a deletion.
/// Time, author and thread stay as first heard. Returns those that were taken.
pub(crate) async fn keep(tx: &mut TenantTx, rows: Vec<MessageRow>) -> Result<Vec<Kept>> {
    let org = tx.org().uuid();
    let (mut items, mut things, mut sources, mut accounts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut versions, mut mentioned, mut contents) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        items.push(row.item_id);
        things.push(row.thing_id);
        sources.push(row.source_id);
        accounts.push(row.account_id);
        at.push(row.occurred_at_us);
        versions.push(row.version_us);
        // Arrays of arrays must be rectangular, so lists of ids travel as text.
        mentioned.push(row.mentioned.iter().map(Uuid::to_string).collect::<Vec<_>>().join(","));
        contents.push(row.content);
    }
    let kept = sqlx::query_as!(
        Kept,
        r#"insert into thread_message as known
             (org_id, item_id, thing_id, source_id, account_id, occurred_at_us, version_us, mentioned, content)
         select $1, m.item, m.thing, m.source, m.account, m.at, m.version, string_to_array(m.mentioned, ',')::uuid[], m.content
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::text[], $9::bytea[])
             as m(item, thing, source, account, at, version, mentioned, content)
         on conflict (org_id, item_id) do update set version_us = excluded.version_us, mentioned = excluded.mentioned,
             content = excluded.content, heard = known.heard + 1
         where known.version_us < excluded.version_us or known.version_us = excluded.version_us and known.content is not null
         returning item_id, thing_id, (heard = 1) as "is_new!""#,
        org,
        &items,
        &things,
        &sources,
        &accounts as &[Option<Uuid>],
        &at,
        &versions,
        &mentioned,
        &contents as &[Option<Vec<u8>>],
    );
    Ok(kept.fetch_all(tx.conn()).await?)
}

/// The messages of threads, thread by thread, oldest first.
pub(crate) async fn of_threads(tx: &mut TenantTx, things: &[Uuid]) -> Result<Vec<MessageRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        MessageRow,
        "select item_id, thing_id, source_id, account_id, occurred_at_us, version_us, mentioned, content
         from thread_message where org_id = $1 and thing_id = any($2) and content is not null
         order by thing_id, occurred_at_us, item_id",
        org,
        things,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// Forgets all but the newest messages of threads. What is left of deleted ones stays: they must not come back.
pub(crate) async fn trim(tx: &mut TenantTx, things: &[Uuid]) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "delete from thread_message m using (
             select item_id, row_number() over (partition by thing_id order by occurred_at_us desc, item_id desc) as place
             from thread_message where org_id = $1 and thing_id = any($2) and content is not null) old
         where m.org_id = $1 and m.item_id = old.item_id and old.place > $3",
        org,
        things,
        i64::from(WINDOW),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An open task that a thread may speak of.
#[derive(Debug, Clone)]
pub(crate) struct ContextRow {
    pub thing_id: Uuid,
    pub task_id: Uuid,
    pub mirrored: bool,
    pub provider: String,
    pub state: String,
    pub assignee_member: Option<Uuid>,
    pub assignee_account: Option<Uuid>,
    pub due_on: Option<NaiveDate>,
    /// Sealed, kind `task_body`.
    pub body: Vec<u8>,
    /// The message of this thread that it was made from.
    pub made_from: Option<Uuid>,
}

/// Open tasks that threads may speak of: those of the thread itself, then those of people who take part, of the same source or
/// of none. `people` are accounts of the thread with the same index; a thread may stand there several times.
pub(crate) async fn open_tasks(
    tx: &mut TenantTx,
    things: &[Uuid],
    sources: &[Uuid],
    people_of: &[Uuid],
    people: &[Uuid],
) -> Result<Vec<ContextRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        ContextRow,
        r#"with takes_part as (
             select p.thing, p.person, a.member_id from unnest($4::uuid[], $5::uuid[]) as p(thing, person)
             left join account a on a.org_id = $1 and a.account_id = p.person)
         select h.thing as "thing_id!", t.task_id as "task_id!", (t.item_id is not null) as "mirrored!", t.provider as "provider!",
             t.state as "state!", t.assignee_member, t.assignee_account, t.due_on, t.body as "body!", t.made_from as "made_from?"
         from unnest($2::uuid[], $3::uuid[]) as h(thing, source), lateral (
             select t.*, e.item_id as made_from from (
                 select m.task_id from task m where m.org_id = $1 and m.thing_id = h.thing
                 union
                 select v.task_id from evidence v where v.org_id = $1 and v.thing_id = h.thing
                 union
                 select n.task_id from takes_part p, lateral (
                     select o.task_id from task o where o.org_id = $1 and o.assignee_account = p.person and not o.deleted
                         and o.state in ('open', 'in_progress') and (o.source_id is null or o.source_id = h.source)
                     order by o.created_at_us desc, o.task_id limit $6) n
                 where p.thing = h.thing
                 union
                 select n.task_id from takes_part p, lateral (
                     select o.task_id from task o where o.org_id = $1 and o.assignee_member = p.member_id and not o.deleted
                         and o.state in ('open', 'in_progress') and (o.source_id is null or o.source_id = h.source)
                     order by o.created_at_us desc, o.task_id limit $6) n
                 where p.thing = h.thing) c
             join task t on t.org_id = $1 and t.task_id = c.task_id and not t.deleted and t.state in ('open', 'in_progress')
             left join evidence e on e.org_id = $1 and e.task_id = t.task_id and e.thing_id = h.thing
             order by (t.thing_id = h.thing or e.item_id is not null) desc nulls last, t.created_at_us desc, t.task_id limit $6) t"#,
        org,
        things,
        sources,
        people_of,
        people,
        i64::from(TASKS),
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}
