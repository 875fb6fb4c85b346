//! Stories: what they are made of now, and where they stand.

use std::collections::{HashMap, HashSet};

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A story as its activities make it.
struct Made {
    story: Uuid,
    source: Uuid,
    kind: i16,
    existed: bool,
    audience: Option<Uuid>,
    activities: i64,
    first_us: Option<i64>,
    newest_us: Option<i64>,
    bots: Option<bool>,
    head: Option<Uuid>,
}

/// Makes the touched stories anew, each at a position of its own after `pos`, and takes those away of which nothing is left.
/// `told` gives source and kind of stories that are new. No place lies after `latest_us`. Returns the last position used.
pub(crate) async fn refresh(
    tx: &mut TenantTx,
    touched: &HashSet<Uuid>,
    told: &HashMap<Uuid, (Uuid, i16)>,
    pos: i64,
    latest_us: i64,
) -> Result<i64, PgError> {
    if touched.is_empty() {
        return Ok(pos);
    }
    let mut made = make(tx, touched, told).await?;
    // Readers and repeats see one order: by time, then by id.
    made.sort_by_key(|story| (story.newest_us, story.story));
    let (full, empty): (Vec<Made>, Vec<Made>) =
        made.into_iter().partition(|story| story.activities > 0 && story.head.is_some());
    let pos = write(tx, &full, pos, latest_us).await?;
    let empty: Vec<Made> = empty.into_iter().filter(|story| story.existed).collect();
    let pos = remove(tx, &empty, pos).await?;
    take_part(tx, &full.iter().map(|story| story.story).collect::<Vec<_>>()).await?;
    Ok(pos)
}

async fn make(
    tx: &mut TenantTx,
    touched: &HashSet<Uuid>,
    told: &HashMap<Uuid, (Uuid, i16)>,
) -> Result<Vec<Made>, PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = touched.iter().copied().collect();
    let sources: Vec<Uuid> = ids.iter().map(|id| told.get(id).map_or(Uuid::nil(), |told| told.0)).collect();
    let kinds: Vec<i16> = ids.iter().map(|id| told.get(id).map_or(0, |told| told.1)).collect();
    Ok(sqlx::query_as!(
        Made,
        r#"select t.story_id as "story!", t.source_id as "source!", t.kind as "kind!", t.existed as "existed!",
                o.audience as "audience?", coalesce(a.n, 0) as "activities!", a.first_us, a.newest_us, a.bots,
                h.item_id as "head?"
           from (select n.story_id, s.story_id is not null as existed, coalesce(s.source_id, n.source_id) as source_id,
                     coalesce(s.kind, n.kind) as kind
                 from unnest($2::uuid[], $3::uuid[], $4::smallint[]) as n(story_id, source_id, kind)
                 left join story s on s.org_id = $1 and s.story_id = n.story_id) t
           left join source o on o.org_id = $1 and o.source_id = t.source_id
           left join lateral (
               select count(*) as n, min(occurred_us) as first_us, max(occurred_us) as newest_us, bool_and(bot) as bots
               from activity a where a.org_id = $1 and a.story_id = t.story_id
                   -- Not `=`: the story decides by which index, with statistics or without.
                   and a.source_id is not distinct from t.source_id) a on true
           left join lateral (
               select i.item_id from item i
               where i.org_id = $1 and i.story_id = t.story_id and i.source_id is not distinct from t.source_id
                   and not i.deleted
               order by i.titled desc, case when i.titled then -i.version else i.occurred_us end, i.item_id limit 1) h on true"#,
        org,
        &ids,
        &sources,
        &kinds
    )
    .fetch_all(tx.conn())
    .await?)
}

async fn write(tx: &mut TenantTx, stories: &[Made], pos: i64, latest_us: i64) -> Result<i64, PgError> {
    if stories.is_empty() {
        return Ok(pos);
    }
    let org = tx.org().uuid();
    macro_rules! column {
        ($type:ty, $with:expr) => {
            stories.iter().map($with).collect::<Vec<$type>>()
        };
    }
    let ids = column!(Uuid, |s| s.story);
    let places: Vec<i64> = (pos + 1..).take(stories.len()).collect();
    // What a story leaves behind is read before the same statement moves it.
    sqlx::query!(
        "with t as (
             select * from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[],
                 $8::bigint[], $9::int[], $10::boolean[], $11::uuid[])
                 as t(story_id, source_id, kind, pos, sort_us, first_us, newest_us, activities, bots, head_item)),
         past as (
             insert into story_past (org_id, story_id, pos, source_id, sort_us, superseded_pos)
             select $1, s.story_id, s.pos, s.source_id, s.sort_us, t.pos
             from t cross join lateral (
                 select * from story s where s.org_id = $1 and s.story_id = t.story_id offset 0) s)
         insert into story (org_id, story_id, source_id, kind, pos, sort_us, first_us, newest_us, activities, bots, head_item)
         select $1, t.* from t
         on conflict (org_id, story_id) do update set pos = excluded.pos, sort_us = excluded.sort_us,
             first_us = excluded.first_us, newest_us = excluded.newest_us, activities = excluded.activities,
             bots = excluded.bots, head_item = excluded.head_item",
        org,
        &ids,
        &column!(Uuid, |s| s.source),
        &column!(i16, |s| s.kind),
        &places,
        &column!(i64, |s| s.newest_us.unwrap_or(0).min(latest_us)),
        &column!(i64, |s| s.first_us.unwrap_or(0)),
        &column!(i64, |s| s.newest_us.unwrap_or(0)),
        &column!(i32, |s| i32::try_from(s.activities).unwrap_or(i32::MAX)),
        &column!(bool, |s| s.bots.unwrap_or(false)),
        &column!(Uuid, |s| s.head.unwrap_or_default())
    )
    .execute(tx.conn())
    .await?;
    Ok(places.last().copied().unwrap_or(pos))
}

async fn remove(tx: &mut TenantTx, stories: &[Made], pos: i64) -> Result<i64, PgError> {
    if stories.is_empty() {
        return Ok(pos);
    }
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = stories.iter().map(|story| story.story).collect();
    let sources: Vec<Uuid> = stories.iter().map(|story| story.source).collect();
    // Nobody sees a source that was not shared, so nobody is told.
    let audiences: Vec<Uuid> = stories.iter().map(|story| story.audience.unwrap_or_default()).collect();
    let places: Vec<i64> = (pos + 1..).take(stories.len()).collect();
    sqlx::query!(
        "with a as (delete from seen where org_id = $1 and story_id = any($2)),
             b as (delete from mute where org_id = $1 and id = any($2)),
             c as (delete from story_person where org_id = $1 and story_id = any($2)),
             d as (delete from story_past where org_id = $1 and story_id = any($2)),
             e as (delete from story where org_id = $1 and story_id = any($2))
         insert into story_gone (org_id, pos, story_id, source_id, audience)
         select $1, t.* from unnest($3::bigint[], $2::uuid[], $4::uuid[], $5::uuid[]) t",
        org,
        &ids,
        &places,
        &sources,
        &audiences
    )
    .execute(tx.conn())
    .await?;
    Ok(places.last().copied().unwrap_or(pos))
}

/// Who takes part in the stories, from scratch, at the stories' places.
async fn take_part(tx: &mut TenantTx, stories: &[Uuid]) -> Result<(), PgError> {
    if stories.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    sqlx::query!("delete from story_person where org_id = $1 and story_id = any($2)", org, stories)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "insert into story_person (org_id, person_id, story_id, reason, source_id, pos, sort_us)
         select $1, p.person_id, s.story_id, p.reason, s.source_id, s.pos, s.sort_us
         from (
             select i.story_id, i.source_id, unnest(i.mentioned) as person_id, 1::smallint as reason
             from item i where i.org_id = $1 and i.story_id = any($2) and not i.deleted
             union
             select i.story_id, i.source_id, unnest(i.assignees), 2::smallint
             from item i where i.org_id = $1 and i.story_id = any($2) and not i.deleted
             union
             (select distinct on (i.story_id) i.story_id, i.source_id, i.author_id, 3::smallint
              from item i where i.org_id = $1 and i.story_id = any($2) and not i.deleted
              order by i.story_id, i.occurred_us, i.item_id)
             union
             select a.story_id, a.source_id, a.account_id, 4::smallint
             from activity a where a.org_id = $1 and a.story_id = any($2)) p
         join story s on s.org_id = $1 and s.story_id = p.story_id
             and s.source_id is not distinct from p.source_id
         where p.person_id <> '00000000-0000-0000-0000-000000000000'",
        org,
        stories
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
