//! Members, teams and provider accounts, as identity and ingestion last said.

use pg::TenantTx;
use uuid::Uuid;

use super::Result;

/// A member as stored.
#[derive(Debug, Clone)]
pub(crate) struct MemberRow {
    pub member_id: Uuid,
    /// Sealed by identity, kind `member`.
    pub profile: Vec<u8>,
    pub role: String,
    pub active: bool,
}

/// A provider account as shown.
#[derive(Debug, Clone)]
pub(crate) struct AccountRow {
    pub account_id: Uuid,
    /// Sealed by ingestion, kind `account`.
    pub profile: Option<Vec<u8>>,
    pub bot: bool,
    pub member_id: Option<Uuid>,
}

/// Inserts or replaces members, each once.
pub(crate) async fn put_members(tx: &mut TenantTx, rows: Vec<MemberRow>) -> Result<()> {
    let org = tx.org().uuid();
    let (mut ids, mut profiles, mut roles, mut active) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        ids.push(row.member_id);
        profiles.push(row.profile);
        roles.push(row.role);
        active.push(row.active);
    }
    sqlx::query!(
        "insert into member (org_id, member_id, profile, role, active)
         select $1, m.* from unnest($2::uuid[], $3::bytea[], $4::text[], $5::boolean[]) as m
         on conflict (org_id, member_id) do update
             set profile = excluded.profile, role = excluded.role, active = excluded.active",
        org,
        &ids,
        &profiles,
        &roles,
        &active,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces a team's members; `None`: the team is gone.
pub(crate) async fn put_team(tx: &mut TenantTx, team: Uuid, members: Option<&[Uuid]>) -> Result<()> {
    let org = tx.org().uuid();
    match members {
        Some(members) => {
            let put = sqlx::query!(
                "insert into team (org_id, team_id, member_ids) values ($1, $2, $3)
                 on conflict (org_id, team_id) do update set member_ids = excluded.member_ids",
                org,
                team,
                members,
            );
            put.execute(tx.conn()).await?;
        }
        None => {
            sqlx::query!("delete from team where org_id = $1 and team_id = $2", org, team)
                .execute(tx.conn())
                .await?;
        }
    }
    Ok(())
}

/// Says which members accounts are, each account once.
pub(crate) async fn link(tx: &mut TenantTx, accounts: &[Uuid], members: &[Option<Uuid>]) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into account (org_id, account_id, member_id) select $1, a.* from unnest($2::uuid[], $3::uuid[]) as a
         on conflict (org_id, account_id) do update set member_id = excluded.member_id",
        org,
        accounts,
        members as &[Option<Uuid>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says who accounts are at their provider, each account once.
pub(crate) async fn see(
    tx: &mut TenantTx,
    accounts: &[Uuid],
    profiles: &[Vec<u8>],
    bots: &[bool],
) -> Result<()> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into account (org_id, account_id, profile, bot)
         select $1, a.* from unnest($2::uuid[], $3::bytea[], $4::boolean[]) as a
         on conflict (org_id, account_id) do update set profile = excluded.profile, bot = excluded.bot",
        org,
        accounts,
        profiles,
        bots,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The accounts among `ids`.
pub(crate) async fn accounts(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<AccountRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        AccountRow,
        "select account_id, profile, bot, member_id from account where org_id = $1 and account_id = any($2)",
        org,
        ids,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// The members among `ids`.
pub(crate) async fn members(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<MemberRow>> {
    let org = tx.org().uuid();
    let rows = sqlx::query_as!(
        MemberRow,
        "select member_id, profile, role, active from member where org_id = $1 and member_id = any($2)",
        org,
        ids,
    );
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// Whether the member is active and belongs to a list's audience, so that they can see what they are given.
pub(crate) async fn can_be_given(tx: &mut TenantTx, member: Uuid, audience: Uuid) -> Result<bool> {
    let org = tx.org().uuid();
    let found = sqlx::query_scalar!(
        r#"select true as "yes!" from member m where m.org_id = $1 and m.member_id = $2 and m.active
             and ($3 = $1 and m.role <> 'guest' or exists (
                 select from team t where t.org_id = $1 and t.team_id = $3 and $2 = any(t.member_ids)))"#,
        org,
        member,
        audience,
    );
    Ok(found.fetch_optional(tx.conn()).await?.is_some())
}
