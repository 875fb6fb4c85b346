//! Accounts, members, teams. Names and addresses stay sealed here.

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// Provider accounts as they were seen: id, sealed profile, bot.
pub(crate) async fn put_accounts(
    tx: &mut TenantTx,
    accounts: &[(Uuid, Vec<u8>, bool)],
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let profiles: Vec<Vec<u8>> = accounts.iter().map(|account| account.1.clone()).collect();
    let bots: Vec<bool> = accounts.iter().map(|account| account.2).collect();
    sqlx::query!(
        "insert into account (org_id, account_id, profile, bot)
         select $1, t.* from unnest($2::uuid[], $3::bytea[], $4::boolean[]) t
         on conflict (org_id, account_id) do update set profile = excluded.profile, bot = excluded.bot",
        org,
        &ids,
        &profiles,
        &bots
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose accounts they are; `None` for nobody's.
pub(crate) async fn put_links(tx: &mut TenantTx, links: &[(Uuid, Option<Uuid>)]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = links.iter().map(|link| link.0).collect();
    let members: Vec<Option<Uuid>> = links.iter().map(|link| link.1).collect();
    sqlx::query!(
        "insert into account (org_id, account_id, member_id)
         select $1, t.* from unnest($2::uuid[], $3::uuid[]) t
         on conflict (org_id, account_id) do update set member_id = excluded.member_id",
        org,
        &ids,
        &members as &[Option<Uuid>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A member as identity tells of them.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Which.
    pub id: Uuid,
    /// Sealed profile.
    pub profile: Vec<u8>,
    /// Role, by its word.
    pub role: String,
    /// Still a member.
    pub active: bool,
}

/// Writes members.
pub(crate) async fn put_members(tx: &mut TenantTx, members: &[Member]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
    let profiles: Vec<Vec<u8>> = members.iter().map(|member| member.profile.clone()).collect();
    let roles: Vec<String> = members.iter().map(|member| member.role.clone()).collect();
    let active: Vec<bool> = members.iter().map(|member| member.active).collect();
    sqlx::query!(
        "insert into member (org_id, member_id, profile, role, active)
         select $1, t.* from unnest($2::uuid[], $3::bytea[], $4::text[], $5::boolean[]) t
         on conflict (org_id, member_id) do update
             set profile = excluded.profile, role = excluded.role, active = excluded.active",
        org,
        &ids,
        &profiles,
        &roles,
        &active
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A team: sealed name and all its members; `None` when deleted.
pub(crate) async fn put_team(
    tx: &mut TenantTx,
    team: Uuid,
    content: Option<(&[u8], &[Uuid])>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!("delete from team_member where org_id = $1 and team_id = $2", org, team)
        .execute(tx.conn())
        .await?;
    let Some((name, members)) = content else {
        sqlx::query!("delete from team where org_id = $1 and team_id = $2", org, team)
            .execute(tx.conn())
            .await?;
        return Ok(());
    };
    sqlx::query!(
        "with named as (
             insert into team (org_id, team_id, name) values ($1, $2, $3)
             on conflict (org_id, team_id) do update set name = excluded.name)
         insert into team_member (org_id, team_id, member_id) select distinct $1::uuid, $2::uuid, m from unnest($4::uuid[]) m",
        org,
        team,
        name,
        members
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a person's name is made of.
#[derive(Debug, Clone)]
pub(crate) struct SealedPerson {
    /// The account or member that was asked for.
    pub id: Uuid,
    /// The account's profile.
    pub account_profile: Option<Vec<u8>>,
    /// Bot.
    pub bot: bool,
    /// Whose account.
    pub member: Option<Uuid>,
    /// The member's profile.
    pub member_profile: Option<Vec<u8>>,
}

/// People by the ids of their accounts or memberships.
pub(crate) async fn persons(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<SealedPerson>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        SealedPerson,
        r#"select a.account_id as "id!", a.profile as "account_profile?", a.bot as "bot!", a.member_id as "member?",
                m.profile as "member_profile?"
           from account a left join member m on m.org_id = a.org_id and m.member_id = a.member_id
           where a.org_id = $1 and a.account_id = any($2)
           union all
           select m.member_id, null, false, m.member_id, m.profile from member m where m.org_id = $1 and m.member_id = any($2)"#,
        org,
        ids
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Sealed names of teams.
pub(crate) async fn teams(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, Vec<u8>)>, PgError> {
    let org = tx.org().uuid();
    let rows =
        sqlx::query!("select team_id, name from team where org_id = $1 and team_id = any($2)", org, ids)
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| (row.team_id, row.name)).collect())
}
