//! Provider accounts.

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// What is known of an account.
pub struct Known {
    pub account_id: Uuid,
    pub profile: Vec<u8>,
    pub profile_hash: Vec<u8>,
}

/// An account to write.
pub struct Write {
    pub account_id: Uuid,
    pub profile: Vec<u8>,
    pub profile_hash: [u8; 32],
    pub bot: bool,
}

/// Those of the accounts that are known.
pub async fn known(tx: &mut TenantTx, accounts: &[Uuid]) -> Result<Vec<Known>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Known,
        "select account_id, profile, profile_hash from account where org_id = $1 and account_id = any ($2)",
        org,
        accounts
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Inserts or replaces profiles.
pub async fn write(tx: &mut TenantTx, provider: &str, accounts: &[Write]) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = accounts.iter().map(|a| a.account_id).collect();
    let profiles: Vec<&[u8]> = accounts.iter().map(|a| &a.profile[..]).collect();
    let hashes: Vec<&[u8]> = accounts.iter().map(|a| &a.profile_hash[..]).collect();
    let bots: Vec<bool> = accounts.iter().map(|a| a.bot).collect();
    sqlx::query!(
        "insert into account (org_id, account_id, provider, profile, profile_hash, bot)
         select $1, a.id, $2, a.profile, a.hash, a.bot
         from unnest($3::uuid[], $4::bytea[], $5::bytea[], $6::bool[]) as a (id, profile, hash, bot) order by a.id
         on conflict (org_id, account_id) do update set profile = excluded.profile, profile_hash = excluded.profile_hash,
             bot = excluded.bot",
        org,
        provider,
        &ids,
        &profiles as &[&[u8]],
        &hashes as &[&[u8]],
        &bots
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps which member an account is; nobody when `member` is absent.
pub async fn link(tx: &mut TenantTx, account: Uuid, member: Option<Uuid>) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "update account set member_id = $3 where org_id = $1 and account_id = $2",
        org,
        account,
        member
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A person as shown: sealed profile, member, bot.
pub struct Shown {
    pub account_id: Uuid,
    pub profile: Vec<u8>,
    pub member_id: Option<Uuid>,
    pub bot: bool,
}

/// The people behind some accounts.
pub async fn shown(tx: &mut TenantTx, accounts: &[Uuid]) -> Result<Vec<Shown>, PgError> {
    let org = tx.org().uuid();
    Ok(sqlx::query_as!(
        Shown,
        "select account_id, profile, member_id, bot from account where org_id = $1 and account_id = any ($2)",
        org,
        accounts
    )
    .fetch_all(tx.conn())
    .await?)
}
