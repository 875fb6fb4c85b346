//! What changed since a position, and whether the caller still is who the token says.

use ids::OrgId;
use pg::{PgError, QueuePool, TenantTx};
use uuid::Uuid;

use super::page::{Asked, Sight};

/// A story that changed, or is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    /// Which.
    pub story: Uuid,
    /// At which position.
    pub pos: i64,
    /// It is gone for the caller.
    pub gone: bool,
}

/// Changes after a position up to the sight's, in their order, at most `limit`.
pub(crate) async fn changes(
    tx: &mut TenantTx,
    sight: &Sight,
    asked: &Asked,
    after: i64,
    limit: i64,
) -> Result<Vec<Change>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Change,
        r#"select u.story_id as "story!", u.pos as "pos!", u.gone as "gone!" from (
             (select s.story_id, s.pos, false as gone from story s
              where s.org_id = $1 and s.pos > $2 and s.pos <= $3 and s.source_id = any($4) and s.story_id <> all($5)
                  and ($6::uuid[] = '{}' or exists (select from activity a where a.org_id = $1 and a.story_id = s.story_id
                      and a.account_id <> all($6)))
                  and ($7 or s.source_id = any($8) or exists (select from story_person w
                      where w.org_id = $1 and w.story_id = s.story_id and w.person_id = any($9)))
              order by s.pos limit $10)
             union all
             (select g.story_id, g.pos, true from story_gone g
              where g.org_id = $1 and g.pos > $2 and g.pos <= $3
                  and (g.audience = any(oz.standing()) or (g.audience = g.source_id and g.source_id = any($4)))
                  and not exists (select from story s
                      where s.org_id = $1 and s.story_id = g.story_id and s.source_id = any($4))
              order by g.pos limit $10)) u
           order by u.pos limit $10"#,
        org,
        after,
        sight.pos,
        &sight.sources,
        &sight.muted_stories,
        &sight.muted_actors,
        asked.all,
        &asked.sources,
        &asked.persons,
        limit
    )
    .fetch_all(tx.conn())
    .await?)
}

/// What identity last told of the member: active, role, teams. `None` while nothing was told.
pub(crate) async fn rights(tx: &mut TenantTx) -> Result<Option<(bool, String, Vec<Uuid>)>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    let row = sqlx::query!(
        r#"select m.active, m.role,
               array(select t.team_id from team_member t where t.org_id = $1 and t.member_id = $2 order by 1) as "teams!"
           from member m where m.org_id = $1 and m.member_id = $2"#,
        org,
        member
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.active, row.role, row.teams)))
}

/// The positions of organizations, for waking streams of other processes' commits. Reads no content.
pub(crate) async fn positions(pool: &QueuePool, orgs: &[OrgId]) -> Result<Vec<(OrgId, i64)>, PgError> {
    let orgs: Vec<Uuid> = orgs.iter().map(|org| org.uuid()).collect();
    let rows = sqlx::query!("select org_id, pos from feed_clock where org_id = any($1)", &orgs)
        .fetch_all(pool.pool())
        .await?;
    Ok(rows.into_iter().map(|row| (OrgId::from_uuid(row.org_id), row.pos)).collect())
}
