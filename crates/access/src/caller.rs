//! The verified caller of a service.

use std::{fmt, str::FromStr, sync::Arc};

use ids::{MemberId, OrgId, TeamId};

use crate::{Action, Denied, Permit, TenantScope};

/// What a member is in the organization. The order is the order of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees only the teams and sources they were added to; never what the whole organization sees.
    Guest,
    /// A colleague.
    Member,
    /// Manages members, integrations and settings.
    Admin,
    /// Answers for the organization: everything an admin may, roles of owners, keys, erasure.
    Owner,
}

impl Role {
    /// All roles, weakest first.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Admin, Self::Owner];

    /// The word on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is not one of the closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one of: {0}")]
pub struct UnknownWord(&'static str);

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownWord("guest, member, admin, owner"))
    }
}

/// What an API token may be used for, at most; the member's own role limits it further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenScope {
    /// Look.
    Read,
    /// Change things a member may change.
    Write,
    /// Administrate, if the member may.
    Admin,
}

impl TokenScope {
    /// All scopes, weakest first. A stronger one includes the weaker.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for TokenScope {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownWord("read, write, admin"))
    }
}

/// By what the caller came. A credential that was made by somebody who had signed in vouches for them, not for their presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A session that a one-time link opened.
    Link,
    /// An API token.
    ApiToken,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::ApiToken => "api_token",
        }
    }
}

/// Why data is looked at. A closed list (C5): a use outside of it cannot be written down, so it cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A member uses the product.
    ServeTeam,
    /// A service keeps its own state true: consuming events, purging, relaying.
    Operate,
}

impl Purpose {
    /// The word in audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServeTeam => "serve_team",
            Self::Operate => "operate",
        }
    }
}

/// Who calls, with the rights that identity vouched for minutes ago. Only [`crate::VerifyingKeys::verify`] makes one.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(crate) org: OrgId,
    pub(crate) member: MemberId,
    pub(crate) role: Role,
    pub(crate) teams: Arc<[TeamId]>,
    pub(crate) token_scope: TokenScope,
    pub(crate) purpose: Purpose,
    pub(crate) method: Method,
    pub(crate) mfa: bool,
    pub(crate) authenticated_at: i64,
}

impl Caller {
    /// The organization.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// The member.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// The member's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Teams the member is in.
    #[must_use]
    pub fn teams(&self) -> &[TeamId] {
        &self.teams
    }

    /// Why.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// By what the caller came.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Whether the session was opened with a second factor.
    #[must_use]
    pub const fn mfa(&self) -> bool {
        self.mfa
    }

    /// When the member signed in, microseconds since the epoch.
    #[must_use]
    pub const fn authenticated_at_us(&self) -> i64 {
        self.authenticated_at
    }

    /// Whether something with this standing audience (the organization's id or a team's id) is visible to the caller.
    /// Sources are decided by the database, which knows their members.
    #[must_use]
    pub fn stands_in(&self, audience: uuid::Uuid) -> bool {
        self.scope().standing().contains(&audience)
    }

    /// The caller's own scope.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        TenantScope::of_caller(self)
    }

    /// Decides whether the caller may do `A`.
    ///
    /// # Errors
    /// When the role or the token's scope is not enough, or the purpose does not fit.
    pub fn permit<A: Action>(&self) -> Result<Permit<A>, Denied> {
        crate::decision::decide(self)
    }
}
