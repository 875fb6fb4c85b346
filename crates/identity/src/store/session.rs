//! Sign-in sessions.

use access::Role;
use chrono::{DateTime, Utc};
use ids::{MemberId, TeamId};
use pg::{PgError, TenantTx};

use super::read;
use crate::domain::credential::Credential;

/// Whom a credential stands for right now.
pub(crate) struct Holder {
    pub(crate) member: MemberId,
    pub(crate) role: Role,
    pub(crate) teams: Vec<TeamId>,
    /// Words of the credential's scopes; empty for sessions, which have all.
    pub(crate) scopes: Vec<String>,
    /// When the member signed in, or made the token.
    pub(crate) authenticated_at: DateTime<Utc>,
}

pub(super) fn teams(ids: Vec<uuid::Uuid>) -> Vec<TeamId> {
    ids.into_iter().map(TeamId::from_uuid).collect()
}

pub(crate) async fn insert(
    tx: &mut TenantTx,
    session: &Credential,
    member: MemberId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), PgError> {
    sqlx::query!(
        "insert into session (org_id, session_id, member_id, hash, authenticated_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        tx.org().uuid(),
        session.id(),
        member.uuid(),
        session.hash(),
        now,
        expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The active member whose live session it is.
pub(crate) async fn holder(
    tx: &mut TenantTx,
    session: &Credential,
    now: DateTime<Utc>,
) -> Result<Option<Holder>, PgError> {
    let row = sqlx::query!(
        r#"select m.member_id, m.role, s.authenticated_at,
               array(select t.team_id from team_member t
                     where t.org_id = $1 and t.member_id = m.member_id order by t.team_id) as "teams!"
           from session s
           join member m on m.org_id = s.org_id and m.member_id = s.member_id
           join organization o on o.org_id = s.org_id
           where s.org_id = $1 and m.org_id = $1 and o.org_id = $1 and s.session_id = $2 and s.hash = $3
             and s.revoked_at is null and s.expires_at > $4 and m.status = 'active' and o.erased_at is null"#,
        tx.org().uuid(),
        session.id(),
        session.hash(),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(Holder {
            member: MemberId::from_uuid(row.member_id),
            role: read(row.role.parse())?,
            teams: teams(row.teams),
            scopes: Vec::new(),
            authenticated_at: row.authenticated_at,
        })
    })
    .transpose()
}

/// Ends the session; whose it was, or `None` when there was nothing to end.
pub(crate) async fn revoke(
    tx: &mut TenantTx,
    session: &Credential,
    now: DateTime<Utc>,
) -> Result<Option<MemberId>, PgError> {
    let member = sqlx::query_scalar!(
        "update session set revoked_at = $4
         where org_id = $1 and session_id = $2 and hash = $3 and revoked_at is null returning member_id",
        tx.org().uuid(),
        session.id(),
        session.hash(),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(member.map(MemberId::from_uuid))
}

pub(crate) async fn revoke_of_member(
    tx: &mut TenantTx,
    member: MemberId,
    now: DateTime<Utc>,
) -> Result<(), PgError> {
    sqlx::query!(
        "update session set revoked_at = $3 where org_id = $1 and member_id = $2 and revoked_at is null",
        tx.org().uuid(),
        member.uuid(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets sessions that opened nothing for longer than `before`.
pub(crate) async fn forget(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<(), PgError> {
    sqlx::query!(
        "delete from session where org_id = $1 and (expires_at < $2 or revoked_at < $2)",
        tx.org().uuid(),
        before
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
