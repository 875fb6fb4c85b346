//! Provider accounts and the members they belong to.

use ids::{AccountId, MemberId};
use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::paging::Page;

/// A provider account as ingestion saw it.
pub(crate) struct SeenAccount {
    pub(crate) id: AccountId,
    pub(crate) provider: String,
    /// Sealed as it came.
    pub(crate) profile: Vec<u8>,
    pub(crate) email_blind: Option<Vec<u8>>,
    pub(crate) email_verified: bool,
    pub(crate) bot: bool,
}

/// A provider account with its link.
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) provider: String,
    pub(crate) profile: Vec<u8>,
    pub(crate) bot: bool,
    pub(crate) member: Option<MemberId>,
    /// `verified_address`, `admin`, or nobody decided yet.
    pub(crate) linked_by: Option<String>,
}

struct Row {
    account_id: Uuid,
    provider: String,
    profile: Vec<u8>,
    bot: bool,
    member_id: Option<Uuid>,
    linked_by: Option<String>,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId::from_uuid(row.account_id),
            provider: row.provider,
            profile: row.profile,
            bot: row.bot,
            member: row.member_id.map(MemberId::from_uuid),
            linked_by: row.linked_by,
        }
    }
}

/// Keeps the newest sight of an account; its link stays as it is.
pub(crate) async fn upsert(tx: &mut TenantTx, account: &SeenAccount) -> Result<(), PgError> {
    sqlx::query!(
        "insert into account (org_id, account_id, provider, profile, email_blind, email_verified, bot)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (org_id, account_id) do update set profile = excluded.profile, email_blind = excluded.email_blind,
             email_verified = excluded.email_verified, bot = excluded.bot",
        tx.org().uuid(),
        account.id.uuid(),
        account.provider,
        account.profile,
        account.email_blind,
        account.email_verified,
        account.bot,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Links waiting accounts whose address a provider vouches for to the active members with these addresses; all that were
/// linked. Accounts about which somebody decided, and bots, do not wait.
pub(crate) async fn link_waiting(
    tx: &mut TenantTx,
    email_blinds: &[Vec<u8>],
) -> Result<Vec<(AccountId, MemberId)>, PgError> {
    let rows = sqlx::query!(
        r#"update account a set member_id = m.member_id, linked_by = 'verified_address'
           from member m
           where a.org_id = $1 and m.org_id = $1 and a.email_blind = any($2) and m.email_blind = a.email_blind
             and m.status = 'active' and a.linked_by is null and a.email_verified and not a.bot
           returning a.account_id, m.member_id"#,
        tx.org().uuid(),
        email_blinds,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (AccountId::from_uuid(row.account_id), MemberId::from_uuid(row.member_id)))
        .collect())
}

/// Links or unlinks by an admin's word. `None` when there is no such account.
pub(crate) async fn map(
    tx: &mut TenantTx,
    id: AccountId,
    member: Option<MemberId>,
) -> Result<Option<Account>, PgError> {
    let row = sqlx::query_as!(
        Row,
        "update account set member_id = $3, linked_by = 'admin' where org_id = $1 and account_id = $2
         returning account_id, provider, profile, bot, member_id, linked_by",
        tx.org().uuid(),
        id.uuid(),
        member.map(MemberId::uuid),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Account::from))
}

pub(crate) async fn list(tx: &mut TenantTx, page: Page) -> Result<Vec<Account>, PgError> {
    let rows = sqlx::query_as!(
        Row,
        "select account_id, provider, profile, bot, member_id, linked_by from account
         where org_id = $1 and ($2::uuid is null or account_id > $2) order by account_id limit $3",
        tx.org().uuid(),
        page.after,
        page.fetch(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Account::from).collect())
}
