//! Open invitations.

use chrono::{DateTime, Utc};
use ids::{InvitationId, MemberId};
use pg::{PgError, TenantTx};
use uuid::Uuid;

/// An invitation that nobody accepted yet.
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) member: MemberId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

struct Row {
    invitation_id: Uuid,
    member_id: Uuid,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        Self {
            id: InvitationId::from_uuid(row.invitation_id),
            member: MemberId::from_uuid(row.member_id),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// Keeps the invitation; where the member has one already, that one with the new expiry.
pub(crate) async fn upsert(tx: &mut TenantTx, invitation: &Invitation) -> Result<Invitation, PgError> {
    let row = sqlx::query_as!(
        Row,
        "insert into invitation (org_id, invitation_id, member_id, created_at, expires_at) values ($1, $2, $3, $4, $5)
         on conflict (org_id, member_id) do update set expires_at = excluded.expires_at
         returning invitation_id, member_id, created_at, expires_at",
        tx.org().uuid(),
        invitation.id.uuid(),
        invitation.member.uuid(),
        invitation.created_at,
        invitation.expires_at,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.into())
}

/// The newest 500 first.
pub(crate) async fn list(tx: &mut TenantTx) -> Result<Vec<Invitation>, PgError> {
    let rows = sqlx::query_as!(
        Row,
        "select invitation_id, member_id, created_at, expires_at from invitation
         where org_id = $1 order by invitation_id desc limit 500",
        tx.org().uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Invitation::from).collect())
}

/// Takes an invitation away; the member it was for, or `None` when there is no such invitation.
pub(crate) async fn delete(tx: &mut TenantTx, id: InvitationId) -> Result<Option<MemberId>, PgError> {
    let member = sqlx::query_scalar!(
        "delete from invitation where org_id = $1 and invitation_id = $2 returning member_id",
        tx.org().uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(member.map(MemberId::from_uuid))
}

/// Takes away what the member was invited by.
pub(crate) async fn delete_of_member(tx: &mut TenantTx, member: MemberId) -> Result<(), PgError> {
    sqlx::query!(
        "delete from invitation where org_id = $1 and member_id = $2",
        tx.org().uuid(),
        member.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
