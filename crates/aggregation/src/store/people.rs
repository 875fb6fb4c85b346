//! The organization, its members and teams, and whose accounts are whose.

use chrono::NaiveDate;
use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::roster;

/// Keeps the smallest group that figures are shown for; 0: nothing was said.
pub(crate) async fn set_floor(tx: &mut TenantTx, floor: u32) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let floor = i32::try_from(floor).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into organization (org_id, cohort_floor, erased) values ($1, $2, false)
         on conflict (org_id) do update set cohort_floor = excluded.cohort_floor where excluded.cohort_floor > 0",
        org,
        floor
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether the organization is gone.
pub(crate) async fn erased(tx: &mut TenantTx) -> Result<bool, PgError> {
    let org = tx.org().uuid();
    let erased = sqlx::query_scalar!("select erased from organization where org_id = $1", org);
    Ok(erased.fetch_optional(tx.conn()).await?.unwrap_or(false))
}

/// Deletes everything of the organization but the word that it is gone.
pub(crate) async fn erase(tx: &mut TenantTx) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!("delete from daily where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from point where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from item where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from removed_source where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from account where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from member where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!("delete from team where org_id = $1", org).execute(tx.conn()).await?;
    sqlx::query!(
        "insert into organization (org_id, cohort_floor, erased) values ($1, 0, true)
         on conflict (org_id) do update set cohort_floor = 0, erased = true",
        org
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a member.
pub(crate) async fn set_member(tx: &mut TenantTx, member: Uuid, active: bool) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into member (org_id, member_id, active) values ($1, $2, $3)
         on conflict (org_id, member_id) do update set active = excluded.active",
        org,
        member,
        active
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps whose account it is.
pub(crate) async fn link(tx: &mut TenantTx, account: Uuid, member: Option<Uuid>) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into account (org_id, account_id, member_id) values ($1, $2, $3)
         on conflict (org_id, account_id) do update set member_id = excluded.member_id",
        org,
        account,
        member
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps who is in a team, from the month on that [`roster::counts_from`] says.
pub(crate) async fn set_team(
    tx: &mut TenantTx,
    team: Uuid,
    members: &[Uuid],
    at_us: i64,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let sealed = sqlx::query_scalar!(
        "insert into team as t (org_id, team_id, founded_us) values ($1, $2, $3)
         on conflict (org_id, team_id) do update set deleted = false returning t.sealed",
        org,
        team,
        at_us
    )
    .fetch_one(tx.conn())
    .await?;
    put_roster(tx, team, roster::counts_from(sealed, at_us), members).await
}

/// Ends a team. One of which no figure was ever shown is forgotten.
pub(crate) async fn delete_team(tx: &mut TenantTx, team: Uuid, at_us: i64) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!("delete from team where org_id = $1 and team_id = $2 and not sealed", org, team)
        .execute(tx.conn())
        .await?;
    let kept = sqlx::query!("update team set deleted = true where org_id = $1 and team_id = $2", org, team);
    if kept.execute(tx.conn()).await?.rows_affected() > 0 {
        put_roster(tx, team, roster::counts_from(true, at_us), &[]).await?;
    }
    Ok(())
}

async fn put_roster(tx: &mut TenantTx, team: Uuid, from: NaiveDate, members: &[Uuid]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "insert into roster (org_id, team_id, from_month, member_ids) values ($1, $2, $3, $4)
         on conflict (org_id, team_id, from_month) do update set member_ids = excluded.member_ids",
        org,
        team,
        from,
        members
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a team whose roster is not final from changing until the end of the transaction: what is read is what is sealed.
pub(crate) async fn hold_team(tx: &mut TenantTx, team: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query_scalar!(
        "select team_id from team where org_id = $1 and team_id = $2 and not sealed for update",
        org,
        team
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// A figure of the team was shown: its roster for the past is final.
pub(crate) async fn seal_team(tx: &mut TenantTx, team: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update team set sealed = true where org_id = $1 and team_id = $2 and not sealed",
        org,
        team
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
