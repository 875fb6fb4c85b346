//! API tokens.

use chrono::{DateTime, TimeDelta, Utc};
use ids::{MemberId, TokenId};
use pg::{PgError, TenantTx};

use super::{read, session::Holder};
use crate::domain::credential::Credential;

/// A token as its owner sees it, name still sealed.
pub(crate) struct Token {
    pub(crate) id: TokenId,
    pub(crate) name: Vec<u8>,
    pub(crate) prefix: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

pub(crate) async fn insert(
    tx: &mut TenantTx,
    member: MemberId,
    secret: &Credential,
    token: &Token,
) -> Result<(), PgError> {
    sqlx::query!(
        "insert into api_token (org_id, token_id, member_id, hash, prefix, name, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tx.org().uuid(),
        token.id.uuid(),
        member.uuid(),
        secret.hash(),
        token.prefix,
        token.name,
        &token.scopes[..],
        token.created_at,
        token.expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The member's tokens that were not revoked, oldest first.
pub(crate) async fn list(tx: &mut TenantTx, member: MemberId) -> Result<Vec<Token>, PgError> {
    let rows = sqlx::query!(
        "select token_id, name, prefix, scopes, created_at, expires_at, last_used_at from api_token
         where org_id = $1 and member_id = $2 and revoked_at is null order by token_id",
        tx.org().uuid(),
        member.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Token {
            id: TokenId::from_uuid(row.token_id),
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
        .collect())
}

/// The active member whose live token it is. Its use is remembered to the hour.
pub(crate) async fn holder(
    tx: &mut TenantTx,
    token: &Credential,
    now: DateTime<Utc>,
) -> Result<Option<Holder>, PgError> {
    let row = sqlx::query!(
        r#"select m.member_id, m.role, k.scopes, k.created_at, k.last_used_at,
               array(select t.team_id from team_member t
                     where t.org_id = $1 and t.member_id = m.member_id order by t.team_id) as "teams!"
           from api_token k
           join member m on m.org_id = k.org_id and m.member_id = k.member_id
           join organization o on o.org_id = k.org_id
           where k.org_id = $1 and m.org_id = $1 and o.org_id = $1 and k.token_id = $2 and k.hash = $3
             and k.revoked_at is null and (k.expires_at is null or k.expires_at > $4)
             and m.status = 'active' and o.erased_at is null"#,
        tx.org().uuid(),
        token.id(),
        token.hash(),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_used_at.is_none_or(|at| at + TimeDelta::hours(1) <= now) {
        sqlx::query!(
            "update api_token set last_used_at = date_trunc('hour', $3::timestamptz) where org_id = $1 and token_id = $2",
            tx.org().uuid(),
            token.id(),
            now,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(Some(Holder {
        member: MemberId::from_uuid(row.member_id),
        role: read(row.role.parse())?,
        teams: super::session::teams(row.teams),
        scopes: row.scopes,
        authenticated_at: row.created_at,
    }))
}

/// Revokes one of the member's tokens. False when there is no such token of theirs.
pub(crate) async fn revoke(
    tx: &mut TenantTx,
    member: MemberId,
    id: TokenId,
    now: DateTime<Utc>,
) -> Result<bool, PgError> {
    let done = sqlx::query!(
        "update api_token set revoked_at = $4
         where org_id = $1 and token_id = $2 and member_id = $3 and revoked_at is null",
        tx.org().uuid(),
        id.uuid(),
        member.uuid(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_of_member(
    tx: &mut TenantTx,
    member: MemberId,
    now: DateTime<Utc>,
) -> Result<(), PgError> {
    sqlx::query!(
        "update api_token set revoked_at = $3 where org_id = $1 and member_id = $2 and revoked_at is null",
        tx.org().uuid(),
        member.uuid(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
