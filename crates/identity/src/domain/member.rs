//! Standing of a member, and who may change whom.

use std::str::FromStr;

use access::{Denied, Role, TokenScope};

/// Where a member is in their time with the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Has an address, has never signed in.
    Invited,
    /// Belongs.
    Active,
    /// Belonged.
    Removed,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Removed => "removed",
        }
    }
}

/// Not one of the three.
#[derive(Debug, thiserror::Error)]
#[error("unknown status of a member")]
pub(crate) struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        [Self::Invited, Self::Active, Self::Removed]
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

/// Only owners make owners or change them, whatever the action's own floor is.
pub(crate) fn may_touch(actor: Role, action: &'static str, roles: &[Role]) -> Result<(), Denied> {
    if actor < Role::Owner && roles.contains(&Role::Owner) {
        return Err(Denied::Role { action, needs: Role::Owner });
    }
    Ok(())
}

/// The strongest of a token's scopes; the weakest there is for none.
pub(crate) fn strongest(scopes: &[TokenScope]) -> TokenScope {
    scopes.iter().copied().max().unwrap_or(TokenScope::Read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owners_touch_owners() {
        for actor in Role::ALL {
            for before in Role::ALL {
                for after in Role::ALL {
                    let concerns_owners = before == Role::Owner || after == Role::Owner;
                    let may = may_touch(actor, "members.manage", &[before, after]).is_ok();
                    assert_eq!(may, !concerns_owners || actor == Role::Owner, "{actor}: {before} to {after}");
                }
            }
        }
    }

    #[test]
    fn statuses_are_three_words() {
        for status in [Status::Invited, Status::Active, Status::Removed] {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), status);
        }
        assert!("".parse::<Status>().is_err());
    }
}
