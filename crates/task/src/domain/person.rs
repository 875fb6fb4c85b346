//! Who has to act, and how people are shown.

use ids::{AccountId, MemberId};

/// Who has to act: a member, or a provider account that may be linked to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Assignee {
    /// Chosen in Oz.
    Member(MemberId),
    /// Named by a provider; which member that is, is asked when the task is read.
    Account(AccountId),
}

impl Assignee {
    /// From the two columns of which at most one is set.
    pub(crate) fn of(member: Option<uuid::Uuid>, account: Option<uuid::Uuid>) -> Option<Self> {
        let member = member.map(|id| Self::Member(MemberId::from_uuid(id)));
        member.or(account.map(|id| Self::Account(AccountId::from_uuid(id))))
    }

    /// The member column.
    pub(crate) fn member(self) -> Option<MemberId> {
        match self {
            Self::Member(id) => Some(id),
            Self::Account(_) => None,
        }
    }

    /// The account column.
    pub(crate) fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(id) => Some(id),
            Self::Member(_) => None,
        }
    }
}

/// A person as shown to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The provider account, unless known only as a member.
    pub account: Option<AccountId>,
    /// The member, if the account is linked to one.
    pub member: Option<MemberId>,
    /// The name; empty when nobody has said.
    pub name: String,
    /// A machine.
    pub bot: bool,
}
