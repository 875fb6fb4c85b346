//! What a member has seen and muted. Marks are made only on what the member can see.

use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::vocabulary::MuteKind;

/// Marks the visible ones of these stories seen as they are now.
pub(crate) async fn seen(tx: &mut TenantTx, stories: &[Uuid], now_us: i64) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    sqlx::query!(
        "insert into seen as v (org_id, member_id, story_id, pos, at_us)
         select $1, $2, s.story_id, s.pos, $4 from story s
         where s.org_id = $1 and s.story_id = any($3) and s.source_id = any(visible_sources())
         on conflict (org_id, member_id, story_id) do update set pos = excluded.pos, at_us = excluded.at_us
         where excluded.pos > v.pos",
        org,
        member,
        stories,
        now_us
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks everything up to a position seen, no further than the organization has come.
pub(crate) async fn seen_upto(tx: &mut TenantTx, pos: i64, now_us: i64) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    sqlx::query!(
        "insert into seen_upto as u (org_id, member_id, pos, previous_pos, at_us)
         select $1, $2, least($3, c.pos), 0, $4 from feed_clock c where c.org_id = $1
         on conflict (org_id, member_id) do update set pos = excluded.pos, previous_pos = u.pos, at_us = excluded.at_us
         where excluded.pos > u.pos",
        org,
        member,
        pos,
        now_us
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A mute: kind, what, since when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Muted {
    /// Kind, as a number.
    pub kind: i16,
    /// Source, story or account.
    pub id: Uuid,
    /// Microseconds.
    pub created_us: i64,
}

/// The member's mutes, oldest first.
pub(crate) async fn mutes(tx: &mut TenantTx) -> Result<Vec<Muted>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    Ok(sqlx::query_as!(
        Muted,
        "select kind, id, created_us from mute where org_id = $1 and member_id = $2 order by created_us, kind, id",
        org,
        member
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Whether the member can see what is to be muted; an actor: whether the account did something the member can see.
pub(crate) async fn can_see(tx: &mut TenantTx, kind: MuteKind, id: Uuid) -> Result<bool, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_scalar!(
        r#"select case $2::smallint
               when 1 then $3 = any(visible_sources())
               when 2 then exists (select from story s
                   where s.org_id = $1 and s.story_id = $3 and s.source_id = any(visible_sources()))
               else exists (select from story_person p
                   where p.org_id = $1 and p.person_id = $3 and p.source_id = any(visible_sources()))
           end as "sees!""#,
        org,
        kind.number(),
        id
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Mutes, unless the member has `most` already. False when there are too many.
pub(crate) async fn mute(
    tx: &mut TenantTx,
    kind: MuteKind,
    id: Uuid,
    now_us: i64,
    most: i64,
) -> Result<bool, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    let room = sqlx::query_scalar!(
        r#"select count(*) < $3 or bool_or(kind = $4 and id = $5) as "room!"
           from mute where org_id = $1 and member_id = $2"#,
        org,
        member,
        most,
        kind.number(),
        id
    )
    .fetch_one(tx.conn())
    .await?;
    if room {
        sqlx::query!(
            "insert into mute (org_id, member_id, kind, id, created_us) values ($1, $2, $3, $4, $5) on conflict do nothing",
            org,
            member,
            kind.number(),
            id,
            now_us
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(room)
}

/// Takes a mute back; one that is not there is no error.
pub(crate) async fn unmute(tx: &mut TenantTx, kind: MuteKind, id: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    sqlx::query!(
        "delete from mute where org_id = $1 and member_id = $2 and kind = $3 and id = $4",
        org,
        member,
        kind.number(),
        id
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
