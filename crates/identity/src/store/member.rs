//! Members.

use access::Role;
use chrono::{DateTime, Utc};
use ids::MemberId;
use pg::{PgError, TenantTx};

use super::read;
use crate::domain::{member::Status, paging::Page};

/// A member, profile still sealed.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    pub(crate) role: Role,
    pub(crate) status: Status,
    /// `events.v1.Profile`, sealed.
    pub(crate) profile: Vec<u8>,
    pub(crate) email_blind: Vec<u8>,
    pub(crate) created_at: DateTime<Utc>,
}

struct Row {
    member_id: uuid::Uuid,
    role: String,
    status: String,
    profile: Vec<u8>,
    email_blind: Vec<u8>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Member, PgError> {
        Ok(Member {
            id: MemberId::from_uuid(self.member_id),
            role: read(self.role.parse())?,
            status: read(self.status.parse())?,
            profile: self.profile,
            email_blind: self.email_blind,
            created_at: self.created_at,
        })
    }
}

pub(crate) async fn insert(tx: &mut TenantTx, member: &Member) -> Result<(), PgError> {
    sqlx::query!(
        "insert into member (org_id, member_id, role, status, profile, email_blind, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        tx.org().uuid(),
        member.id.uuid(),
        member.role.as_str(),
        member.status.as_str(),
        member.profile,
        member.email_blind,
        member.created_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what may change: role, status, profile.
pub(crate) async fn update(tx: &mut TenantTx, member: &Member) -> Result<(), PgError> {
    sqlx::query!(
        "update member set role = $3, status = $4, profile = $5 where org_id = $1 and member_id = $2",
        tx.org().uuid(),
        member.id.uuid(),
        member.role.as_str(),
        member.status.as_str(),
        member.profile,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The member, held against other changes until the end of the transaction.
pub(crate) async fn find_for_update(tx: &mut TenantTx, id: MemberId) -> Result<Option<Member>, PgError> {
    sqlx::query_as!(
        Row,
        "select member_id, role, status, profile, email_blind, created_at from member
         where org_id = $1 and member_id = $2 for update",
        tx.org().uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Row::read)
    .transpose()
}

pub(crate) async fn find(tx: &mut TenantTx, id: MemberId) -> Result<Option<Member>, PgError> {
    sqlx::query_as!(
        Row,
        "select member_id, role, status, profile, email_blind, created_at from member where org_id = $1 and member_id = $2",
        tx.org().uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Row::read)
    .transpose()
}

/// The member with this address, held against other changes.
pub(crate) async fn find_by_address(
    tx: &mut TenantTx,
    email_blind: &[u8],
) -> Result<Option<Member>, PgError> {
    sqlx::query_as!(
        Row,
        "select member_id, role, status, profile, email_blind, created_at from member
         where org_id = $1 and email_blind = $2 for update",
        tx.org().uuid(),
        email_blind,
    )
    .fetch_optional(tx.conn())
    .await?
    .map(Row::read)
    .transpose()
}

/// Members who were not removed, in the order of their ids.
pub(crate) async fn list(tx: &mut TenantTx, page: Page) -> Result<Vec<Member>, PgError> {
    sqlx::query_as!(
        Row,
        "select member_id, role, status, profile, email_blind, created_at from member
         where org_id = $1 and status <> 'removed' and ($2::uuid is null or member_id > $2) order by member_id limit $3",
        tx.org().uuid(),
        page.after,
        page.fetch(),
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(Row::read)
    .collect()
}

/// Active owners, held: two who demote each other at the same time take turns.
pub(crate) async fn lock_owners(tx: &mut TenantTx) -> Result<Vec<MemberId>, PgError> {
    let ids = sqlx::query_scalar!(
        "select member_id from member where org_id = $1 and role = 'owner' and status = 'active' order by member_id for update",
        tx.org().uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(MemberId::from_uuid).collect())
}

/// Current role of a member who is active; `None` for all others.
pub(crate) async fn active_role(tx: &mut TenantTx, id: MemberId) -> Result<Option<Role>, PgError> {
    let role = sqlx::query_scalar!(
        "select role from member where org_id = $1 and member_id = $2 and status = 'active'",
        tx.org().uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    role.map(|role| read(role.parse())).transpose()
}
