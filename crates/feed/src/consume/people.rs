//! Accounts, members, teams, links.

use outbox::HandleError;
use pg::TenantTx;

use super::inbox::Inbox;
use crate::store::people;

/// Writes what was told of people.
pub(super) async fn apply(tx: &mut TenantTx, inbox: &Inbox) -> Result<(), HandleError> {
    if !inbox.accounts.is_empty() {
        let accounts: Vec<_> =
            inbox.accounts.iter().map(|(id, (profile, bot))| (*id, profile.clone(), *bot)).collect();
        people::put_accounts(tx, &accounts).await?;
    }
    if !inbox.links.is_empty() {
        let links: Vec<_> = inbox.links.iter().map(|(account, member)| (*account, *member)).collect();
        people::put_links(tx, &links).await?;
    }
    if !inbox.members.is_empty() {
        let members: Vec<_> = inbox.members.values().cloned().collect();
        people::put_members(tx, &members).await?;
    }
    for (team, told) in &inbox.teams {
        let content = told.as_ref().map(|(name, members)| (name.as_slice(), members.as_slice()));
        people::put_team(tx, *team, content).await?;
    }
    Ok(())
}
