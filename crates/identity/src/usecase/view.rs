//! Things as a member sees them: opened.

use access::Role;
use chrono::{DateTime, Utc};
use ids::{AccountId, InvitationId, MemberId, OrgId, TeamId, TokenId};

use crate::{
    domain::member::Status,
    events::Profile,
    store::{
        account::Account, invitation::Invitation, member::Member, organization::Organization, team::Team,
        token::Token,
    },
    usecase::{Context, Failure},
};

/// A member with name and address.
pub(crate) struct MemberView {
    pub(crate) id: MemberId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) status: Status,
    pub(crate) created_at: DateTime<Utc>,
}

impl MemberView {
    pub(super) async fn open(context: &Context, org: OrgId, member: Member) -> Result<Self, Failure> {
        let profile = context.keyring.open(org, "member", member.id.uuid(), &member.profile).await?;
        let profile = Profile::decode(&profile).ok_or(Failure::Damaged("profile of a member"))?;
        Ok(Self {
            id: member.id,
            name: profile.name,
            email: profile.email,
            role: member.role,
            status: member.status,
            created_at: member.created_at,
        })
    }
}

/// An organization with its name.
pub(crate) struct OrganizationView {
    pub(crate) id: OrgId,
    pub(crate) name: String,
    pub(crate) cohort_floor: u32,
    pub(crate) created_at: DateTime<Utc>,
}

impl OrganizationView {
    pub(super) async fn open(
        context: &Context,
        id: OrgId,
        organization: Organization,
    ) -> Result<Self, Failure> {
        let Organization { name, cohort_floor, created_at } = organization;
        let name = open_text(context, id, "organization", id.uuid(), &name).await?;
        Ok(Self { id, name, cohort_floor, created_at })
    }
}

/// A team with its name.
pub(crate) struct TeamView {
    pub(crate) id: TeamId,
    pub(crate) name: String,
    pub(crate) members: Vec<MemberId>,
    pub(crate) created_at: DateTime<Utc>,
}

impl TeamView {
    pub(super) async fn open(context: &Context, org: OrgId, team: Team) -> Result<Self, Failure> {
        let Team { id, name, members, created_at } = team;
        let name = open_text(context, org, "team", id.uuid(), &name).await?;
        Ok(Self { id, name, members, created_at })
    }
}

/// An API token with its name.
pub(crate) struct TokenView {
    pub(crate) id: TokenId,
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

impl TokenView {
    pub(super) async fn open(context: &Context, org: OrgId, token: Token) -> Result<Self, Failure> {
        let Token { id, name, prefix, scopes, created_at, expires_at, last_used_at } = token;
        let name = open_text(context, org, "token", id.uuid(), &name).await?;
        Ok(Self { id, name, prefix, scopes, created_at, expires_at, last_used_at })
    }
}

/// An invitation with the address it is for.
pub(crate) struct InvitationView {
    pub(crate) id: InvitationId,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) member: MemberId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

impl InvitationView {
    pub(super) async fn open(
        context: &Context,
        org: OrgId,
        invitation: Invitation,
        member: Member,
    ) -> Result<Self, Failure> {
        let member = MemberView::open(context, org, member).await?;
        let Invitation { id, created_at, expires_at, .. } = invitation;
        Ok(Self { id, email: member.email, role: member.role, member: member.id, created_at, expires_at })
    }
}

/// A provider account with its name.
pub(crate) struct IdentityView {
    pub(crate) id: AccountId,
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) handle: String,
    pub(crate) bot: bool,
    pub(crate) member: Option<MemberId>,
    pub(crate) linked_by: Option<String>,
}

impl IdentityView {
    pub(super) async fn open(context: &Context, org: OrgId, account: Account) -> Result<Self, Failure> {
        let profile = match &account.profile[..] {
            [] => Profile::default(),
            sealed => {
                let opened = context.keyring.open(org, "account", account.id.uuid(), sealed).await?;
                Profile::decode(&opened).ok_or(Failure::Damaged("profile of an account"))?
            }
        };
        let Account { id, provider, bot, member, linked_by, .. } = account;
        Ok(Self { id, provider, name: profile.name, handle: profile.handle, bot, member, linked_by })
    }
}

async fn open_text(
    context: &Context,
    org: OrgId,
    kind: &'static str,
    id: uuid::Uuid,
    sealed: &[u8],
) -> Result<String, Failure> {
    let opened = context.keyring.open(org, kind, id, sealed).await?;
    String::from_utf8(opened).map_err(|_| Failure::Damaged("name"))
}
