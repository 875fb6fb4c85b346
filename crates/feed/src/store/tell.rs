//! What stories say: the rows from which pages and streams are told.

use pg::{PgError, TenantTx};
use uuid::Uuid;

use super::page::{Place, Sight};
use crate::domain::{
    rank::Weighed,
    vocabulary::{Reason, ThingKind},
};

/// Most activities told of one story.
const ACTIVITIES: i64 = 20;

/// What a story is to the caller.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// Which story.
    pub story: Uuid,
    /// Position now.
    pub pos: i64,
    /// Seen by the caller.
    pub seen: bool,
    /// How the caller takes part.
    pub reasons: Vec<i16>,
}

/// The stories that the caller sees among `stories`, in that order.
pub(crate) async fn marks(tx: &mut TenantTx, sight: &Sight, stories: &[Uuid]) -> Result<Vec<Mark>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    Ok(sqlx::query_as!(
        Mark,
        r#"select s.story_id as "story!", s.pos as "pos!",
               s.pos <= greatest($5, (select v.pos from seen v
                   where v.org_id = $1 and v.member_id = $6 and v.story_id = s.story_id)) as "seen!",
               array(select p.reason from story_person p
                   where p.org_id = $1 and p.story_id = s.story_id and p.person_id = any($4)) as "reasons!"
           from unnest($2::uuid[]) with ordinality as t(story_id, place)
           join story s on s.org_id = $1 and s.story_id = t.story_id
           -- The places decide by which index: without statistics the sources would be walked through instead.
           where (s.source_id = any($3)) is true
           order by t.place"#,
        org,
        stories,
        &sight.sources,
        &sight.me,
        sight.upto,
        member
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A story with one of its activities.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Which story.
    pub story: Uuid,
    /// Kind of the thing.
    pub kind: i16,
    /// Its source.
    pub source: Uuid,
    /// Position now.
    pub pos: i64,
    /// First activity.
    pub first_us: i64,
    /// Newest activity.
    pub newest_us: i64,
    /// How many there are.
    pub activities: i32,
    /// The item that titles it.
    pub head: Uuid,
    /// The activity's item; none when all of them are muted.
    pub item: Option<Uuid>,
    /// What.
    pub verb: Option<i16>,
    /// Kind of the item.
    pub item_kind: Option<i16>,
    /// When.
    pub occurred_us: Option<i64>,
    /// By whom.
    pub account: Option<Uuid>,
    /// By a bot.
    pub bot: Option<bool>,
}

/// The stories that the caller sees among `stories`, in that order, each with its newest activities, oldest of them first.
pub(crate) async fn lines(tx: &mut TenantTx, sight: &Sight, stories: &[Uuid]) -> Result<Vec<Line>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Line,
        r#"select s.story_id as "story!", s.kind as "kind!", s.source_id as "source!", s.pos as "pos!", s.first_us as "first_us!",
               s.newest_us as "newest_us!", s.activities as "activities!", s.head_item as "head!",
               a.item_id as "item?", a.verb as "verb?", a.kind as "item_kind?",
               a.occurred_us as "occurred_us?", a.account_id as "account?", a.bot as "bot?"
           from unnest($2::uuid[]) with ordinality as t(story_id, place)
           join story s on s.org_id = $1 and s.story_id = t.story_id
           left join lateral (
               select a.item_id, a.verb, a.kind, a.occurred_us, a.account_id, a.bot from activity a
               where a.org_id = $1 and a.story_id = s.story_id and a.source_id is not distinct from s.source_id
                   and a.account_id <> all($4)
               order by a.occurred_us desc limit $5) a on true
           -- The places decide by which index: without statistics the sources would be walked through instead.
           where (s.source_id = any($3)) is true
           order by t.place, a.occurred_us, a.item_id, a.verb"#,
        org,
        stories,
        &sight.sources,
        &sight.muted_actors,
        ACTIVITIES
    )
    .fetch_all(tx.conn())
    .await?)
}

/// What ranking needs of places; seen as it was at `begun_us`, so that marking a page does not shuffle the next.
pub(crate) async fn weigh(
    tx: &mut TenantTx,
    sight: &Sight,
    places: &[Place],
    begun_us: i64,
) -> Result<Vec<Weighed>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    let upto = if sight.upto_at_us > begun_us { sight.upto_before } else { sight.upto };
    let stories: Vec<Uuid> = places.iter().map(|place| place.story).collect();
    let positions: Vec<i64> = places.iter().map(|place| place.pos).collect();
    let times: Vec<i64> = places.iter().map(|place| place.sort_us).collect();
    let rows = sqlx::query!(
        r#"select s.story_id as story, t.sort_us as "sort_us!", s.kind, s.bots,
               t.pos <= greatest($6, (select v.pos from seen v
                   where v.org_id = $1 and v.member_id = $7 and v.story_id = s.story_id and v.at_us <= $8)) as "seen!",
               array(select p.reason from story_person p
                   where p.org_id = $1 and p.story_id = s.story_id and p.person_id = any($5)) as "reasons!"
           from unnest($2::uuid[], $3::bigint[], $9::bigint[]) as t(story_id, pos, sort_us)
           join story s on s.org_id = $1 and s.story_id = t.story_id
           where (s.source_id = any($4)) is true"#,
        org,
        &stories,
        &positions,
        &sight.sources,
        &sight.me,
        upto,
        member,
        begun_us,
        &times
    )
    .fetch_all(tx.conn())
    .await?;
    let weighed = rows.into_iter().map(|row| Weighed {
        story: row.story,
        sort_us: row.sort_us,
        kind: ThingKind::of(row.kind.into()),
        bots: row.bots,
        seen: row.seen,
        taking_part: reasons(&row.reasons),
    });
    Ok(weighed.collect())
}

/// Reasons from their numbers.
pub(crate) fn reasons(numbers: &[i16]) -> Vec<Reason> {
    numbers.iter().filter_map(|number| Reason::of((*number).into())).collect()
}
