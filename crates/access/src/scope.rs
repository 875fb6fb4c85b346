//! The tenant scope: whose rows a transaction may see.

use std::sync::Arc;

use ids::{MemberId, OrgId};
use uuid::Uuid;

use crate::{Caller, Role, Ticket, TicketKey};

/// Whose rows a transaction may see. There is no public way to make one up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantScope {
    org: OrgId,
    member: Option<MemberId>,
    standing: Arc<[Uuid]>,
}

impl TenantScope {
    /// The organization.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// The member on whose behalf, or `None` where a service works by itself.
    #[must_use]
    pub const fn member(&self) -> Option<MemberId> {
        self.member
    }

    /// Audiences the member belongs to without asking any source: the organization (not for guests) and the teams.
    /// Empty for services: they write for everybody and read for nobody.
    #[must_use]
    pub fn standing(&self) -> &[Uuid] {
        &self.standing
    }

    pub(crate) fn of_caller(caller: &Caller) -> Self {
        let org = (caller.role > Role::Guest).then(|| caller.org.uuid());
        let teams = caller.teams.iter().map(|team| team.uuid());
        Self {
            org: caller.org,
            member: Some(caller.member),
            standing: org.into_iter().chain(teams).collect(),
        }
    }

    /// The scope of work that a service laid down for itself or another: a queued job, an event. `None` when the ticket was
    /// not made with the installation's key for exactly this organization and content.
    #[must_use]
    pub fn of_ticket(key: &TicketKey, org: OrgId, content: &[u8], ticket: &Ticket) -> Option<Self> {
        key.check(org, content, ticket).then(|| Self { org, member: None, standing: Arc::new([]) })
    }

    /// The scope in which identity looks up a credential that names its organization itself (a session, a token, a link) or
    /// founds one. Proves nothing yet: only identity may call it, which `cargo xtask check-arch` holds.
    #[must_use]
    pub fn for_credential(org: OrgId) -> Self {
        Self { org, member: None, standing: Arc::new([]) }
    }
}
