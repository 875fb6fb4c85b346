//! Teams and who is in them.

use chrono::{DateTime, Utc};
use ids::{MemberId, TeamId};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A team, name still sealed.
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) name: Vec<u8>,
    pub(crate) members: Vec<MemberId>,
    pub(crate) created_at: DateTime<Utc>,
}

struct Row {
    team_id: Uuid,
    name: Vec<u8>,
    created_at: DateTime<Utc>,
    members: Vec<Uuid>,
}

impl From<Row> for Team {
    fn from(row: Row) -> Self {
        Self {
            id: TeamId::from_uuid(row.team_id),
            name: row.name,
            members: row.members.into_iter().map(MemberId::from_uuid).collect(),
            created_at: row.created_at,
        }
    }
}

pub(crate) async fn insert(tx: &mut TenantTx, team: &Team) -> Result<(), PgError> {
    sqlx::query!(
        "insert into team (org_id, team_id, name, created_at) values ($1, $2, $3, $4)",
        tx.org().uuid(),
        team.id.uuid(),
        team.name,
        team.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Holds the team's row, so that changes of its members take turns. False when there is no such team.
pub(crate) async fn lock(tx: &mut TenantTx, id: TeamId) -> Result<bool, PgError> {
    let row = sqlx::query!(
        "select team_id from team where org_id = $1 and team_id = $2 for update",
        tx.org().uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.is_some())
}

pub(crate) async fn find(tx: &mut TenantTx, id: TeamId) -> Result<Option<Team>, PgError> {
    let row = sqlx::query_as!(
        Row,
        r#"select t.team_id, t.name, t.created_at,
               array(select m.member_id from team_member m
                     where m.org_id = $1 and m.team_id = t.team_id order by m.member_id) as "members!"
           from team t where t.org_id = $1 and t.team_id = $2"#,
        tx.org().uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Team::from))
}

pub(crate) async fn list(tx: &mut TenantTx) -> Result<Vec<Team>, PgError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select t.team_id, t.name, t.created_at,
               array(select m.member_id from team_member m
                     where m.org_id = $1 and m.team_id = t.team_id order by m.member_id) as "members!"
           from team t where t.org_id = $1 order by t.team_id"#,
        tx.org().uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Team::from).collect())
}

/// How many teams there are.
pub(crate) async fn count(tx: &mut TenantTx) -> Result<i64, PgError> {
    let count =
        sqlx::query_scalar!(r#"select count(*) as "count!" from team where org_id = $1"#, tx.org().uuid());
    Ok(count.fetch_one(tx.conn()).await?)
}

pub(crate) async fn rename(tx: &mut TenantTx, id: TeamId, name: &[u8]) -> Result<(), PgError> {
    sqlx::query!(
        "update team set name = $3 where org_id = $1 and team_id = $2",
        tx.org().uuid(),
        id.uuid(),
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the team; its memberships go with it.
pub(crate) async fn delete(tx: &mut TenantTx, id: TeamId) -> Result<(), PgError> {
    sqlx::query!("delete from team where org_id = $1 and team_id = $2", tx.org().uuid(), id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// False when the member is in the team already.
pub(crate) async fn put_member(tx: &mut TenantTx, team: TeamId, member: MemberId) -> Result<bool, PgError> {
    let done = sqlx::query!(
        "insert into team_member (org_id, team_id, member_id) values ($1, $2, $3) on conflict do nothing",
        tx.org().uuid(),
        team.uuid(),
        member.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// False when the member is not in the team.
pub(crate) async fn remove_member(
    tx: &mut TenantTx,
    team: TeamId,
    member: MemberId,
) -> Result<bool, PgError> {
    let done = sqlx::query!(
        "delete from team_member where org_id = $1 and team_id = $2 and member_id = $3",
        tx.org().uuid(),
        team.uuid(),
        member.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Teams the member is in.
pub(crate) async fn of_member(tx: &mut TenantTx, member: MemberId) -> Result<Vec<TeamId>, PgError> {
    let ids = sqlx::query_scalar!(
        "select team_id from team_member where org_id = $1 and member_id = $2 order by team_id",
        tx.org().uuid(),
        member.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(TeamId::from_uuid).collect())
}
