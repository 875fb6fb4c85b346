//! Provider accounts as ingestion sees them, and linking them to members by an address that the provider vouches for.

use ids::{AccountId, MemberId};
use pg::{PgError, TenantTx};

use crate::{events, store::account, usecase::change::Change};

/// The audit's words for such a link: account, member, and why.
pub(crate) fn subject(account: AccountId, member: MemberId) -> String {
    format!("{account} {member} verified_address")
}

/// Links accounts that wait for members with these addresses, inside a change.
pub(crate) async fn link_to(change: &mut Change<'_>, email_blinds: &[Vec<u8>]) -> Result<(), PgError> {
    let (org, at_us) = (change.org(), change.now_us());
    for (id, member) in account::link_waiting(&mut change.tx, email_blinds).await? {
        change.emit(events::account(org, id, Some(member), at_us));
        change.audit("identity.linked", subject(id, member)).await?;
    }
    Ok(())
}

/// Keeps what was seen; the accounts that became a member's by it.
pub(crate) async fn keep(
    tx: &mut TenantTx,
    accounts: &[account::SeenAccount],
) -> Result<Vec<(AccountId, MemberId)>, PgError> {
    for seen in accounts {
        account::upsert(tx, seen).await?;
    }
    let vouched = accounts.iter().filter(|seen| seen.email_verified && !seen.bot);
    let blinds: Vec<Vec<u8>> = vouched.filter_map(|seen| seen.email_blind.clone()).collect();
    if blinds.is_empty() {
        return Ok(Vec::new());
    }
    account::link_waiting(tx, &blinds).await
}
