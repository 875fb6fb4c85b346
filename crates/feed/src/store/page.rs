//! Which stories stand on a page: the caller's sight, and the places in it.

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// What the caller may see and does not want to see, at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// The organization's position at that moment.
    pub pos: i64,
    /// The caller's accounts, and the membership itself.
    pub me: Vec<Uuid>,
    /// Visible sources that are not muted.
    pub sources: Vec<Uuid>,
    /// Muted stories.
    pub muted_stories: Vec<Uuid>,
    /// Muted actors.
    pub muted_actors: Vec<Uuid>,
    /// Everything up to here is seen,
    pub upto: i64,
    /// and before `upto_at_us` it was everything up to here.
    pub upto_before: i64,
    /// When that changed.
    pub upto_at_us: i64,
}

/// Looks once; the statements of the same page take the answer with them.
pub(crate) async fn sight(tx: &mut TenantTx) -> Result<Sight, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    Ok(sqlx::query_as!(
        Sight,
        r#"with u as (select pos, previous_pos, at_us from seen_upto where org_id = $1 and member_id = $2),
                m as materialized (select kind, id from mute where org_id = $1 and member_id = $2)
           select coalesce((select pos from feed_clock where org_id = $1), 0) as "pos!",
               array(select account_id from account where org_id = $1 and member_id = $2) || $2::uuid as "me!",
               array(select v from unnest(visible_sources()) v where v not in (select id from m where kind = 1)) as "sources!",
               array(select id from m where kind = 2) as "muted_stories!",
               array(select id from m where kind = 3) as "muted_actors!",
               coalesce((select pos from u), 0) as "upto!",
               coalesce((select previous_pos from u), 0) as "upto_before!",
               coalesce((select at_us from u), 0) as "upto_at_us!""#,
        org,
        member
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The part of what is visible that is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Everything visible.
    pub all: bool,
    /// Else: these sources,
    pub sources: Vec<Uuid>,
    /// and stories in which these people take part.
    pub persons: Vec<Uuid>,
}

/// What a team is: its people with their accounts, and what is shared with it of what the caller sees. `None` without it.
pub(crate) async fn team(tx: &mut TenantTx, team: Uuid, sight: &Sight) -> Result<Option<Asked>, PgError> {
    let org = tx.org().uuid();
    let row = sqlx::query!(
        r#"with p as materialized (select member_id from team_member where org_id = $1 and team_id = $2)
           select exists(select from team where org_id = $1 and team_id = $2) as "exists!",
               array(select member_id from p union
                     select account_id from account where org_id = $1 and member_id in (select member_id from p)) as "persons!",
               array(select source_id from source where org_id = $1 and audience = $2 and source_id = any($3)) as "sources!""#,
        org,
        team,
        &sight.sources
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.exists.then_some(Asked { all: false, sources: row.sources, persons: row.persons }))
}

/// Which page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// As of this position.
    pub as_of: i64,
    /// After the story at this place and with this id.
    pub key: Option<(i64, Uuid)>,
    /// Only what the caller has not seen.
    pub unseen_only: bool,
    /// So many.
    pub limit: i64,
}

/// Where a story stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which story.
    pub story: Uuid,
    /// Its position at that place.
    pub pos: i64,
    /// Its time at that place.
    pub sort_us: i64,
}

/// So few sources are walked one by one; with more, most of the organization's stories are visible and one walk finds them.
const FEW: usize = 8;

/// The places of a page, newest first.
pub(crate) async fn places(
    tx: &mut TenantTx,
    sight: &Sight,
    asked: &Asked,
    window: Window,
) -> Result<Vec<Place>, PgError> {
    let mut places = if !asked.all {
        gather(tx, sight, asked, window).await?
    } else if sight.sources.len() <= FEW {
        let few = Asked { all: false, sources: sight.sources.clone(), persons: Vec::new() };
        gather(tx, sight, &few, window).await?
    } else {
        walk(tx, sight, window).await?
    };
    if sight.pos > window.as_of {
        places.extend(past(tx, sight, asked, window).await?);
        places.sort_by_key(|place| std::cmp::Reverse((place.sort_us, place.story)));
        places.truncate(usize::try_from(window.limit).unwrap_or(usize::MAX));
    }
    Ok(places)
}

/// Along the organization's order.
async fn walk(tx: &mut TenantTx, sight: &Sight, window: Window) -> Result<Vec<Place>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    let (key_us, key_id) = window.key.unwrap_or((i64::MAX, Uuid::max()));
    Ok(sqlx::query_as!(
        Place,
        "select s.story_id as story, s.pos, s.sort_us from story s
         where s.org_id = $1 and s.source_id = any($2) and s.pos <= $3 and (s.sort_us, s.story_id) < ($4, $5)
             and s.story_id <> all($6)
             and ($7::uuid[] = '{}' or exists (select from activity a where a.org_id = $1 and a.story_id = s.story_id
                 and a.account_id <> all($7)))
             and (not $8 or s.pos > greatest($9, (select v.pos from seen v
                 where v.org_id = $1 and v.member_id = $10 and v.story_id = s.story_id)))
         order by s.sort_us desc, s.story_id desc limit $11",
        org,
        &sight.sources,
        window.as_of,
        key_us,
        key_id,
        &sight.muted_stories,
        &sight.muted_actors,
        window.unseen_only,
        sight.upto,
        member,
        window.limit
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Along each source and each person.
async fn gather(
    tx: &mut TenantTx,
    sight: &Sight,
    asked: &Asked,
    window: Window,
) -> Result<Vec<Place>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    let (key_us, key_id) = window.key.unwrap_or((i64::MAX, Uuid::max()));
    Ok(sqlx::query_as!(
        Place,
        r#"select u.story_id as "story!", u.pos as "pos!", u.sort_us as "sort_us!" from (
             select c.story_id, c.pos, c.sort_us from unnest($12::uuid[]) k(id) cross join lateral (
                 select s.story_id, s.pos, s.sort_us from story s
                 where s.org_id = $1 and s.source_id = k.id and s.source_id = any($2) and s.pos <= $3
                     and (s.sort_us, s.story_id) < ($4, $5) and s.story_id <> all($6)
                     and ($7::uuid[] = '{}' or exists (select from activity a where a.org_id = $1 and a.story_id = s.story_id
                         and a.account_id <> all($7)))
                     and (not $8 or s.pos > greatest($9, (select v.pos from seen v
                         where v.org_id = $1 and v.member_id = $10 and v.story_id = s.story_id)))
                 order by s.sort_us desc, s.story_id desc limit $11) c
             union
             select c.story_id, c.pos, c.sort_us from unnest($13::uuid[]) k(id) cross join lateral (
                 select distinct on (s.sort_us, s.story_id) s.story_id, s.pos, s.sort_us from story_person s
                 where s.org_id = $1 and s.person_id = k.id and s.source_id = any($2) and s.pos <= $3
                     and (s.sort_us, s.story_id) < ($4, $5) and s.story_id <> all($6)
                     and ($7::uuid[] = '{}' or exists (select from activity a where a.org_id = $1 and a.story_id = s.story_id
                         and a.account_id <> all($7)))
                     and (not $8 or s.pos > greatest($9, (select v.pos from seen v
                         where v.org_id = $1 and v.member_id = $10 and v.story_id = s.story_id)))
                 order by s.sort_us desc, s.story_id desc limit $11) c) u
           order by u.sort_us desc, u.story_id desc limit $11"#,
        org,
        &sight.sources,
        window.as_of,
        key_us,
        key_id,
        &sight.muted_stories,
        &sight.muted_actors,
        window.unseen_only,
        sight.upto,
        member,
        window.limit,
        &asked.sources,
        &asked.persons
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Places that stories had at the window's position and have left since.
async fn past(
    tx: &mut TenantTx,
    sight: &Sight,
    asked: &Asked,
    window: Window,
) -> Result<Vec<Place>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    let (key_us, key_id) = window.key.unwrap_or((i64::MAX, Uuid::max()));
    Ok(sqlx::query_as!(
        Place,
        "select p.story_id as story, p.pos, p.sort_us from story_past p
         join story s on s.org_id = p.org_id and s.story_id = p.story_id
         where p.org_id = $1 and p.superseded_pos > $3 and p.pos <= $3 and (p.sort_us, p.story_id) < ($4, $5)
             and s.source_id = any($2) and s.story_id <> all($6)
             and ($7::uuid[] = '{}' or exists (select from activity a where a.org_id = $1 and a.story_id = s.story_id
                 and a.account_id <> all($7)))
             and (not $8 or s.pos > greatest($9, (select v.pos from seen v
                 where v.org_id = $1 and v.member_id = $10 and v.story_id = s.story_id)))
             and ($12 or s.source_id = any($13) or exists (select from story_person w
                 where w.org_id = $1 and w.story_id = s.story_id and w.person_id = any($14)))
         order by p.sort_us desc, p.story_id desc limit $11",
        org,
        &sight.sources,
        window.as_of,
        key_us,
        key_id,
        &sight.muted_stories,
        &sight.muted_actors,
        window.unseen_only,
        sight.upto,
        member,
        window.limit,
        asked.all,
        &asked.sources,
        &asked.persons
    )
    .fetch_all(tx.conn())
    .await?)
}
