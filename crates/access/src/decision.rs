//! Actions and the decision: one row per action, read by the decision, the isolation matrix and the documentation.

use std::marker::PhantomData;

use ids::{MemberId, OrgId};

use crate::{Caller, Purpose, Role, TenantScope, TokenScope};

/// The least that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floor {
    /// The weakest role that may.
    pub role: Role,
    /// The weakest API-token scope that may. Sessions have all scopes.
    pub scope: TokenScope,
}

/// An action: a type, so that a permit for one is no permit for another.
pub trait Action: Send + Sync + 'static {
    /// The row that decides it.
    const ROW: ActionRow;
}

/// One row of the table of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionRow {
    /// Stable name, as in audit entries.
    pub name: &'static str,
    /// What is needed.
    pub floor: Floor,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $role:ident, $scope:ident;)*) => {
        /// One type per action.
        pub mod action {
            $($(#[$doc])* #[derive(Debug, Clone, Copy)] pub struct $name;)*
        }

        $(impl Action for action::$name {
            const ROW: ActionRow =
                ActionRow { name: $text, floor: Floor { role: Role::$role, scope: TokenScope::$scope } };
        })*

        /// Every action, for the matrix and the documentation.
        pub const ACTIONS: &[ActionRow] = &[$(<action::$name as Action>::ROW),*];
    };
}

actions! {
    /// See one's own membership, sessions and tokens.
    ReadSelf = "self.read", Guest, Read;
    /// Make and revoke one's own API tokens, end one's own session.
    ManageOwnTokens = "self.tokens.manage", Guest, Admin;
    /// See the organization's name and settings.
    ReadOrganization = "organization.read", Guest, Read;
    /// Change the organization's name and settings.
    ManageOrganization = "organization.manage", Admin, Admin;
    /// See who the members and teams are.
    ReadDirectory = "directory.read", Member, Read;
    /// Invite, change and remove members.
    ManageMembers = "members.manage", Admin, Admin;
    /// Make, change and delete teams.
    ManageTeams = "teams.manage", Admin, Admin;
    /// Say which provider account is which member.
    ManageIdentities = "identities.manage", Admin, Admin;
    /// Rotate the organization's data keys.
    RotateKeys = "keys.rotate", Owner, Admin;
    /// Read the audit log.
    ReadAudit = "audit.read", Admin, Read;
    /// See which providers exist.
    ReadProviders = "providers.read", Guest, Read;
    /// See integrations, what they share, their coverage and deliveries.
    ReadIntegrations = "integrations.read", Admin, Read;
    /// Connect and disconnect integrations, choose what is shared, replay deliveries.
    ManageIntegrations = "integrations.manage", Admin, Admin;
    /// Bring in an archive.
    Import = "imports.create", Member, Write;
    /// Read messages, threads and files the caller may see.
    ReadContent = "content.read", Guest, Read;
    /// Read the feed.
    ReadFeed = "feed.read", Guest, Read;
    /// Mark stories seen, mute.
    MarkFeed = "feed.mark", Guest, Write;
    /// Search.
    Search = "search", Guest, Read;
    /// Read lists and tasks.
    ReadTasks = "tasks.read", Guest, Read;
    /// Make and change tasks.
    WriteTasks = "tasks.write", Member, Write;
    /// Make lists.
    ManageLists = "lists.manage", Member, Write;
    /// See suggestions.
    ReadSuggestions = "suggestions.read", Guest, Read;
    /// Accept, change and reject suggestions.
    DecideSuggestions = "suggestions.decide", Member, Write;
    /// Read aggregate figures.
    ReadInsights = "insights.read", Member, Read;
}

/// The right to do `A`, held by whoever the decision gave it to. Use cases take it as an argument.
#[derive(Debug, Clone)]
pub struct Permit<A> {
    caller: Caller,
    action: PhantomData<A>,
}

impl<A: Action> Permit<A> {
    /// Who holds it.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The organization it is for.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.caller.org
    }

    /// The member who holds it.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.caller.member
    }

    /// The scope for a transaction.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        self.caller.scope()
    }

    /// Name of the action, for the audit.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        A::ROW.name
    }
}

/// Why not. Says no more than the caller may know about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The member's role is too weak.
    #[error("{action} needs the role {needs}")]
    Role {
        /// The action.
        action: &'static str,
        /// The weakest role that may.
        needs: Role,
    },
    /// The API token was made for less.
    #[error("{action} needs a token with the scope {}", needs.as_str())]
    Scope {
        /// The action.
        action: &'static str,
        /// The weakest scope that may.
        needs: TokenScope,
    },
    /// The purpose does not fit: members act to serve their team.
    #[error("{action} is not for this purpose")]
    Purpose {
        /// The action.
        action: &'static str,
    },
}

pub(crate) fn decide<A: Action>(caller: &Caller) -> Result<Permit<A>, Denied> {
    decide_row(caller, A::ROW)?;
    Ok(Permit { caller: caller.clone(), action: PhantomData })
}

fn decide_row(caller: &Caller, row: ActionRow) -> Result<(), Denied> {
    let ActionRow { name: action, floor } = row;
    match caller.purpose {
        Purpose::ServeTeam => {}
        Purpose::Operate => return Err(Denied::Purpose { action }),
    }
    if caller.role < floor.role {
        return Err(Denied::Role { action, needs: floor.role });
    }
    if caller.token_scope < floor.scope {
        return Err(Denied::Scope { action, needs: floor.scope });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ids::TeamId;
    use uuid::Uuid;

    use super::*;

    fn caller(role: Role, token_scope: TokenScope, purpose: Purpose) -> Caller {
        Caller {
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            member: MemberId::from_uuid(Uuid::from_u128(2)),
            role,
            teams: Arc::new([TeamId::from_uuid(Uuid::from_u128(3))]),
            token_scope,
            purpose,
            method: crate::Method::Link,
            mfa: false,
            authenticated_at: 0,
        }
    }

    /// The whole table, written down: who changes a right changes this golden text too.
    #[test]
    fn golden_matrix_of_roles_scopes_and_actions() {
        let mut seen = String::new();
        for row in ACTIONS {
            let may: Vec<_> = Role::ALL
                .into_iter()
                .flat_map(|role| TokenScope::ALL.map(|scope| (role, scope)))
                .filter(|(role, scope)| decide_row(&caller(*role, *scope, Purpose::ServeTeam), *row).is_ok())
                .map(|(role, scope)| format!("{role}/{}", scope.as_str()))
                .collect();
            seen.push_str(&format!("{}: {}\n", row.name, may.join(" ")));
        }
        assert_eq!(
            seen,
            include_str!("../matrix.golden"),
            "crates/access/matrix.golden differs; new:\n{seen}"
        );
    }

    #[test]
    fn more_power_never_loses_a_right() {
        for row in ACTIONS {
            for role in Role::ALL {
                for scope in TokenScope::ALL {
                    let may = |r, s| decide_row(&caller(r, s, Purpose::ServeTeam), *row).is_ok();
                    if may(role, scope) {
                        assert!(Role::ALL.into_iter().filter(|r| *r >= role).all(|r| may(r, scope)));
                        assert!(TokenScope::ALL.into_iter().filter(|s| *s >= scope).all(|s| may(role, s)));
                    }
                }
            }
        }
    }

    #[test]
    fn c5_a_purpose_that_is_not_serving_the_team_is_refused() {
        for row in ACTIONS {
            let denied = decide_row(&caller(Role::Owner, TokenScope::Admin, Purpose::Operate), *row);
            assert_eq!(denied, Err(Denied::Purpose { action: row.name }));
        }
    }

    #[test]
    fn a_permit_carries_its_holder_and_its_action() {
        let owner = caller(Role::Owner, TokenScope::Admin, Purpose::ServeTeam);
        let permit = owner.permit::<action::Search>().unwrap();
        assert_eq!((permit.org(), permit.member(), permit.action()), (owner.org(), owner.member(), "search"));
        assert_eq!(permit.scope(), owner.scope());
        assert_eq!(permit.caller().role(), Role::Owner);
        assert_eq!(
            (owner.purpose(), owner.mfa(), owner.authenticated_at_us()),
            (Purpose::ServeTeam, false, 0)
        );
    }

    #[test]
    fn guests_stand_in_their_teams_but_not_in_the_organization() {
        let guest = caller(Role::Guest, TokenScope::Admin, Purpose::ServeTeam);
        let member = caller(Role::Member, TokenScope::Admin, Purpose::ServeTeam);
        let (org, team, other) = (guest.org().uuid(), guest.teams()[0].uuid(), Uuid::from_u128(9));
        assert_eq!(
            [guest.stands_in(org), guest.stands_in(team), guest.stands_in(other)],
            [false, true, false]
        );
        assert_eq!(
            [member.stands_in(org), member.stands_in(team), member.stands_in(other)],
            [true, true, false]
        );
        assert_eq!(member.scope().standing(), [org, team]);
        assert_eq!(member.scope().member(), Some(member.member()));
    }

    #[test]
    fn words_round_trip_and_unknown_words_are_refused() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(role.to_string(), role.as_str());
        }
        for scope in TokenScope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert!("root".parse::<Role>().is_err());
        assert!("root".parse::<TokenScope>().is_err());
        assert_eq!([Purpose::ServeTeam.as_str(), Purpose::Operate.as_str()], ["serve_team", "operate"]);
        assert_eq!([crate::Method::Link.as_str(), crate::Method::ApiToken.as_str()], ["link", "api_token"]);
    }
}
