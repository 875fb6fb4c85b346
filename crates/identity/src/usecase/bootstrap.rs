//! A new organization with its keys, its owner, the owner's first API token and a sign-in link.

use access::{Role, TokenScope};
use ids::{MemberId, OrgId, TokenId};
use sealing::{Binding, OrgKeys};
use uuid::Uuid;

use crate::{
    domain::{
        credential::{Credential, Kind},
        member::Status,
        text::{self, Email},
    },
    events::{self, Profile},
    store::{keys, link, member, organization, token},
    usecase::{Context, Failure, change::Change, issue_link, organization_keys},
};

pub(crate) struct Input<'a> {
    pub(crate) organization: &'a str,
    pub(crate) email: &'a str,
    /// The address's local part when empty.
    pub(crate) name: &'a str,
}

pub(crate) struct Output {
    pub(crate) org: OrgId,
    pub(crate) member: MemberId,
    pub(crate) link: Credential,
    pub(crate) token: Credential,
}

/// The smallest group a figure is shown for, at the beginning.
const COHORT_FLOOR: u32 = 5;

pub(crate) async fn run(context: &Context, input: Input<'_>) -> Result<Output, Failure> {
    let organization_name = text::name("organization", input.organization)?;
    let email = Email::parse("email", input.email)?;
    let name = text::name("name", if input.name.is_empty() { email.local() } else { input.name })?;

    let entropy = &context.entropy;
    let org = OrgId::from_uuid(entropy.uuid());
    let (content, wrapped_content) = organization_keys::fresh(&context.kek, entropy, org, "content", 1)?;
    let (search, wrapped_search) = organization_keys::fresh(&context.kek, entropy, org, "search", 1)?;
    let keys = OrgKeys::new([(1, content)], search).ok_or(Failure::Damaged("fresh key"))?;
    let seal = |kind, id: Uuid, plain: &[u8]| keys.seal(Binding { org, kind, id }, plain, entropy);

    let mut change = Change::by_service(context, org, "operator").await?;
    let now = change.now;
    let sealed_name = seal("organization", org.uuid(), organization_name.as_bytes())?;
    let founded =
        organization::Organization { name: sealed_name, cohort_floor: COHORT_FLOOR, created_at: now };
    organization::insert(&mut change.tx, &founded).await?;
    for key in [wrapped_content, wrapped_search] {
        keys::insert(&mut change.tx, &key, now).await?;
    }

    let id = MemberId::from_uuid(entropy.uuid());
    let email_blind = keys.search().blind("email", email.as_str().as_bytes()).to_vec();
    let profile = Profile { name, email: email.as_str().to_owned(), ..Profile::default() };
    let profile = seal("member", id.uuid(), &profile.encode())?;
    let owner = member::Member {
        id,
        role: Role::Owner,
        status: Status::Active,
        profile,
        email_blind,
        created_at: now,
    };
    member::insert(&mut change.tx, &owner).await?;

    let link = Credential::fresh(Kind::Link, org, entropy)?;
    link::insert(&mut change.tx, &link, id, now + issue_link::LIFETIME).await?;
    let secret = Credential::fresh(Kind::ApiToken, org, entropy)?;
    let first = token::Token {
        id: TokenId::from_uuid(secret.id()),
        name: seal("token", secret.id(), b"bootstrap")?,
        prefix: secret.shown(),
        scopes: TokenScope::ALL.map(|scope| scope.as_str().to_owned()).to_vec(),
        created_at: now,
        expires_at: None,
        last_used_at: None,
    };
    token::insert(&mut change.tx, id, &secret, &first).await?;

    let at_us = change.now_us();
    change.emit(events::organization(org, &founded.name, COHORT_FLOOR, at_us));
    change.emit(events::member(org, &owner, at_us));
    change.audit("organization.created", org).await?;
    change.audit("member.joined", id).await?;
    change.audit("token.created", first.id).await?;
    change.audit("link.issued", id).await?;
    change.commit().await?;
    Ok(Output { org, member: id, link, token: secret })
}
