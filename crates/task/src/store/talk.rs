//! The newest messages of each thread, and the tasks that it may speak of.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// Messages kept of one thread.
pub(crate) const WINDOW: usize = 50;
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
        i64::try_from(WINDOW).unwrap_or(i64::MAX),
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

/// Somebody who takes part in a thread, by account and, where known, as a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TakesPart {
    pub thing_id: Uuid,
    pub source_id: Uuid,
    pub account_id: Uuid,
    pub member_id: Option<Uuid>,
}

/// A task that a thread may speak of.
struct Spoken {
    thing_id: Uuid,
    task_id: Uuid,
    /// The message of this thread that it was made from.
    made_from: Option<Uuid>,
}

/// Open tasks that threads may speak of: those of the thread itself, then those of people who take part, of the same source or
/// of none.
pub(crate) async fn open_tasks(
    tx: &mut TenantTx,
    things: &[Uuid],
    people: &[TakesPart],
) -> Result<Vec<ContextRow>> {
    let spoken = spoken_of(tx, things, people).await?;
    let ids: HashSet<Uuid> = spoken.iter().map(|spoken| spoken.task_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (org, ids): (Uuid, Vec<Uuid>) = (tx.org().uuid(), ids.into_iter().collect());
    let rows = sqlx::query!(
        r#"select t.task_id, (t.item_id is not null) as "mirrored!", t.provider, t.state, t.assignee_member, t.assignee_account,
             t.due_on, t.body
         from task t where t.org_id = $1 and t.task_id = any($2)"#,
        org,
        &ids,
    );
    let rows: HashMap<Uuid, _> =
        rows.fetch_all(tx.conn()).await?.into_iter().map(|row| (row.task_id, row)).collect();
    let context = spoken.into_iter().filter_map(|spoken| {
        let row = rows.get(&spoken.task_id)?;
        Some(ContextRow {
            thing_id: spoken.thing_id,
            task_id: spoken.task_id,
            mirrored: row.mirrored,
            provider: row.provider.clone(),
            state: row.state.clone(),
            assignee_member: row.assignee_member,
            assignee_account: row.assignee_account,
            due_on: row.due_on,
            body: row.body.clone(),
            made_from: spoken.made_from,
        })
    });
    Ok(context.collect())
}

/// Which tasks, of each thread the nearest and newest. Every part goes from its arrays to the rows by an index, one at a time
/// (`offset 0`, `limit`): joined freely, PostgreSQL may walk through all tasks of the organization for each thread.
async fn spoken_of(tx: &mut TenantTx, things: &[Uuid], people: &[TakesPart]) -> Result<Vec<Spoken>> {
    let org = tx.org().uuid();
    let of: Vec<Uuid> = people.iter().map(|person| person.thing_id).collect();
    let sources: Vec<Uuid> = people.iter().map(|person| person.source_id).collect();
    let accounts: Vec<Uuid> = people.iter().map(|person| person.account_id).collect();
    let members: Vec<Option<Uuid>> = people.iter().map(|person| person.member_id).collect();
    let spoken = sqlx::query_as!(
        Spoken,
        r#"select r.thing as "thing_id!", r.task_id as "task_id!", r.made_from as "made_from?" from (
             select c.thing, c.task_id, (array_agg(c.item_id) filter (where c.item_id is not null))[1] as made_from,
                 row_number() over (partition by c.thing
                     order by bool_or(c.own) desc, max(c.created_at_us) desc, c.task_id) as place
             from (
                 select h.thing, t.task_id, t.created_at_us, true as own, null::uuid as item_id
                 from unnest($2::uuid[]) as h(thing) cross join lateral (
                     select m.task_id, m.created_at_us from task m where m.org_id = $1 and m.thing_id = h.thing
                         and not m.deleted and m.state in ('open', 'in_progress') offset 0) t
                 union all
                 select h.thing, t.task_id, t.created_at_us, true, e.item_id
                 from unnest($2::uuid[]) as h(thing) cross join lateral (
                     select v.task_id, v.item_id from evidence v where v.org_id = $1 and v.thing_id = h.thing offset 0) e
                 cross join lateral (
                     select m.task_id, m.created_at_us from task m where m.org_id = $1 and m.task_id = e.task_id
                         and not m.deleted and m.state in ('open', 'in_progress') offset 0) t
                 union all
                 select p.thing, t.task_id, t.created_at_us, false, null
                 from unnest($3::uuid[], $4::uuid[], $5::uuid[]) as p(thing, source, account) cross join lateral (
                     select o.task_id, o.created_at_us from task o where o.org_id = $1 and o.assignee_account = p.account
                         and not o.deleted and o.state in ('open', 'in_progress')
                         and (o.source_id is null or o.source_id = p.source)
                     order by o.created_at_us desc, o.task_id limit $7) t
                 union all
                 select p.thing, t.task_id, t.created_at_us, false, null
                 from unnest($3::uuid[], $4::uuid[], $6::uuid[]) as p(thing, source, member) cross join lateral (
                     select o.task_id, o.created_at_us from task o where o.org_id = $1 and o.assignee_member = p.member
                         and not o.deleted and o.state in ('open', 'in_progress')
                         and (o.source_id is null or o.source_id = p.source)
                     order by o.created_at_us desc, o.task_id limit $7) t) c
             group by c.thing, c.task_id) r
         where r.place <= $7 order by r.thing, r.place"#,
        org,
        things,
        &of,
        &sources,
        &accounts,
        &members as &[Option<Uuid>],
        i64::from(TASKS),
    );
    Ok(spoken.fetch_all(tx.conn()).await?)
}
