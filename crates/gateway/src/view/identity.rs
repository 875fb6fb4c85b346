//! Members, teams, tokens, the caller.

use proto::identity::v1 as pb;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Time, some};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    member: MeMember,
    org: MeOrg,
    assurance: Assurance,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeMember {
    id: String,
    name: String,
    email: String,
    roles: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeOrg {
    id: String,
    name: String,
}

/// How surely the caller is who they say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assurance {
    mfa: bool,
    /// How they signed in.
    method: String,
    at: Option<Time>,
}

impl From<pb::GetMeResponse> for Me {
    fn from(me: pb::GetMeResponse) -> Self {
        let (member, org) = (me.member.unwrap_or_default(), me.org.unwrap_or_default());
        Self {
            member: MeMember {
                id: member.id,
                name: member.name,
                email: member.email,
                roles: vec![member.role],
            },
            org: MeOrg { id: org.id, name: org.name },
            assurance: Assurance {
                mfa: me.mfa,
                method: me.method,
                at: Time::unless_zero(me.authenticated_at_us),
            },
        }
    }
}

/// A member of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    id: String,
    name: String,
    email: String,
    /// `owner`, `admin`, `member` or `guest`.
    role: String,
    /// `invited`, `active` or `removed`.
    status: String,
    created_at: Time,
}

impl From<pb::Member> for Member {
    fn from(member: pb::Member) -> Self {
        let pb::Member { id, name, email, role, status, created_at_us } = member;
        Self { id, name, email, role, status, created_at: Time::micros(created_at_us) }
    }
}

/// An API token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiToken {
    id: String,
    name: String,
    /// First characters, to recognise it by.
    prefix: String,
    scopes: Vec<String>,
    created_at: Time,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
}

impl From<pb::ApiToken> for ApiToken {
    fn from(token: pb::ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            scopes: token.scopes,
            created_at: Time::micros(token.created_at_us),
            expires_at: Time::unless_zero(token.expires_at_us),
            last_used_at: Time::unless_zero(token.last_used_at_us),
        }
    }
}

/// An API token with its secret, which is shown only here.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    #[serde(flatten)]
    pub about: ApiToken,
    /// The secret.
    pub token: String,
}

/// The organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Organization {
    id: String,
    name: String,
    created_at: Time,
    /// The smallest group a figure is shown for; never below 5.
    cohort_floor: u32,
}

impl From<pb::Organization> for Organization {
    fn from(org: pb::Organization) -> Self {
        let pb::Organization { id, name, created_at_us, cohort_floor } = org;
        Self { id, name, created_at: Time::micros(created_at_us), cohort_floor }
    }
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Team {
    id: String,
    name: String,
    member_ids: Vec<String>,
    created_at: Time,
}

impl From<pb::Team> for Team {
    fn from(team: pb::Team) -> Self {
        let pb::Team { id, name, member_ids, created_at_us } = team;
        Self { id, name, member_ids, created_at: Time::micros(created_at_us) }
    }
}

/// A member of a team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamMember {
    pub id: String,
}

impl From<String> for TeamMember {
    fn from(id: String) -> Self {
        Self { id }
    }
}

/// An invitation that nobody accepted yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    id: String,
    email: String,
    role: String,
    /// The member who will join by it.
    member_id: Option<String>,
    created_at: Time,
    expires_at: Option<Time>,
}

impl From<pb::Invitation> for Invitation {
    fn from(invitation: pb::Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            member_id: some(invitation.member_id),
            created_at: Time::micros(invitation.created_at_us),
            expires_at: Time::unless_zero(invitation.expires_at_us),
        }
    }
}

/// An invitation with the one-time sign-in link, which is shown only here.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewInvitation {
    #[serde(flatten)]
    pub about: Invitation,
    /// Give it to the invited person.
    pub signin_url: String,
}

/// A provider account and the member it belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Identity {
    account_id: String,
    provider: String,
    name: String,
    handle: String,
    bot: bool,
    member_id: Option<String>,
    /// `verified_address` or `admin`.
    linked_by: Option<String>,
}

impl From<pb::Identity> for Identity {
    fn from(identity: pb::Identity) -> Self {
        let pb::Identity { account_id, provider, name, handle, bot, member_id, linked_by } = identity;
        Self {
            account_id,
            provider,
            name,
            handle,
            bot,
            member_id: some(member_id),
            linked_by: some(linked_by),
        }
    }
}

/// New data keys of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RotatedKeys {
    /// The version that seals from now on.
    pub version: u32,
}

/// Who did or looked at what, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Access {
    id: String,
    action: String,
    subject: String,
    actor: String,
    /// From the closed list of purposes.
    purpose: String,
    at: Time,
}

impl From<pb::Audit> for Access {
    fn from(entry: pb::Audit) -> Self {
        let pb::Audit { id, action, subject, actor, purpose, at_us } = entry;
        Self { id, action, subject, actor, purpose, at: Time::micros(at_us) }
    }
}
