//! One-time sign-in links.

use chrono::{DateTime, Utc};
use ids::MemberId;
use pg::{PgError, TenantTx};

use crate::domain::credential::Credential;

pub(crate) async fn insert(
    tx: &mut TenantTx,
    link: &Credential,
    member: MemberId,
    expires_at: DateTime<Utc>,
) -> Result<(), PgError> {
    sqlx::query!(
        "insert into sign_in_link (org_id, link_id, member_id, hash, expires_at) values ($1, $2, $3, $4, $5)",
        tx.org().uuid(),
        link.id(),
        member.uuid(),
        link.hash(),
        expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Uses the link up. Of several at once, one gets the member: the others wait for it and then find the link used.
pub(crate) async fn use_up(
    tx: &mut TenantTx,
    link: &Credential,
    now: DateTime<Utc>,
) -> Result<Option<MemberId>, PgError> {
    let member = sqlx::query_scalar!(
        "update sign_in_link set used_at = $4
         where org_id = $1 and link_id = $2 and hash = $3 and used_at is null and expires_at > $4 returning member_id",
        tx.org().uuid(),
        link.id(),
        link.hash(),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(member.map(MemberId::from_uuid))
}

/// Takes away the member's unused links.
pub(crate) async fn delete_of_member(tx: &mut TenantTx, member: MemberId) -> Result<(), PgError> {
    sqlx::query!(
        "delete from sign_in_link where org_id = $1 and member_id = $2",
        tx.org().uuid(),
        member.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets links that opened nothing for longer than `before`.
pub(crate) async fn forget(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<(), PgError> {
    sqlx::query!("delete from sign_in_link where org_id = $1 and expires_at < $2", tx.org().uuid(), before)
        .execute(tx.conn())
        .await?;
    Ok(())
}
