//! The accounts that take part in conversations: what they are called, and whose they are.

use std::collections::HashMap;

use ids::{AccountId, MemberId};
use keyring::Keyring;
use pg::TenantTx;
use uuid::Uuid;

use crate::{domain::person::Assignee, events, failure::Failure, store::directory};

/// The accounts of which something is known.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What they call themselves, and whether they are machines.
    pub names: HashMap<Uuid, (events::Names, bool)>,
    members: HashMap<Uuid, MemberId>,
    accounts: HashMap<MemberId, Uuid>,
}

impl Known {
    /// Looks accounts up.
    pub(super) async fn load(tx: &mut TenantTx, keys: &Keyring, accounts: &[Uuid]) -> Result<Self, Failure> {
        let org = tx.org();
        let mut known = Self::default();
        for row in directory::accounts(tx, accounts).await? {
            let names = match &row.profile {
                None => events::Names::default(),
                Some(blob) => {
                    let (kind, id) = events::account_binding(AccountId::from_uuid(row.account_id));
                    events::names(&keys.open(org, kind, id, blob).await?)
                }
            };
            if let Some(member) = row.member_id {
                known.members.insert(row.account_id, MemberId::from_uuid(member));
                known.accounts.insert(MemberId::from_uuid(member), row.account_id);
            }
            known.names.insert(row.account_id, (names, row.bot));
        }
        Ok(known)
    }

    /// The member whose account it is.
    pub(super) fn member_of(&self, account: Uuid) -> Option<MemberId> {
        self.members.get(&account).copied()
    }

    /// The account that is an assignee, or an account of the member who is.
    pub(super) fn account_of(&self, assignee: Assignee) -> Option<Uuid> {
        match assignee {
            Assignee::Account(id) => Some(id.uuid()),
            Assignee::Member(id) => self.accounts.get(&id).copied(),
        }
    }
}
