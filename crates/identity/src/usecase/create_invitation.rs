//! Inviting somebody by address. Again for the same address: the same invitation with a new link.

use access::{Permit, Role, action::ManageMembers};
use chrono::TimeDelta;
use ids::{InvitationId, MemberId, OrgId, TeamId};

use crate::{
    domain::{
        Invalid,
        credential::{Credential, Kind},
        member::{Status, may_touch},
        text::{self, Email},
    },
    events::{self, Profile},
    store::{invitation, link, member, team},
    usecase::{Context, Failure, InvitationView, change::Change},
};

/// How long an invitation waits.
const LIFETIME: TimeDelta = TimeDelta::days(7);
/// Most teams named in one invitation.
const MOST_TEAMS: usize = 50;

pub(crate) struct Input<'a> {
    pub(crate) email: &'a str,
    pub(crate) role: &'a str,
    /// The address's local part when empty.
    pub(crate) name: &'a str,
    pub(crate) teams: Vec<TeamId>,
}

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageMembers>,
    input: Input<'_>,
) -> Result<(InvitationView, Credential), Failure> {
    let email = Email::parse("email", input.email)?;
    let role: Role = input
        .role
        .parse()
        .map_err(|_| Invalid::new("role", "expected one of: guest, member, admin, owner"))?;
    let name = text::name("name", if input.name.is_empty() { email.local() } else { input.name })?;
    if input.teams.len() > MOST_TEAMS {
        return Err(Invalid::new("team_ids", "expected at most 50 teams").into());
    }
    let org = permit.org();
    let blind = context.keyring.keys(org).await?.search().blind("email", email.as_str().as_bytes()).to_vec();
    let secret = Credential::fresh(Kind::Link, org, &context.entropy)?;

    let mut change = Change::by_member(context, permit).await?;
    let known = member::find_by_address(&mut change.tx, &blind).await?;
    let before = known.as_ref().map_or(role, |member| member.role);
    may_touch(permit.caller().role(), permit.action(), &[before, role])?;
    if known.as_ref().is_some_and(|member| member.status == Status::Active) {
        return Err(Failure::conflict("already_member", "this address belongs to a member"));
    }
    let id = known.as_ref().map_or_else(|| MemberId::from_uuid(context.entropy.uuid()), |member| member.id);
    let profile = Profile { name, email: email.as_str().to_owned(), ..Profile::default() };
    let profile = context.keyring.seal(org, "member", id.uuid(), &profile.encode()).await?;
    let created_at = known.as_ref().map_or(change.now, |member| member.created_at);
    let invited =
        member::Member { id, role, status: Status::Invited, profile, email_blind: blind, created_at };
    match known {
        Some(_) => member::update(&mut change.tx, &invited).await?,
        None => insert(&mut change, &invited).await?,
    }
    let open = open_invitation(context, &mut change, &secret, id).await?;
    join_teams(&mut change, org, id, &input.teams).await?;
    let at_us = change.now_us();
    change.emit(events::member(org, &invited, at_us));
    change.audit("member.invited", id).await?;
    change.commit().await?;
    Ok((InvitationView::open(context, org, open, invited).await?, secret))
}

/// Two invitations of the same new address at the same time: the second one is asked to try again.
async fn insert(change: &mut Change<'_>, invited: &member::Member) -> Result<(), Failure> {
    member::insert(&mut change.tx, invited).await.map_err(|error| match error.constraint() {
        Some(_) => {
            Failure::conflict("invited_meanwhile", "somebody invites this address right now; try again")
        }
        None => error.into(),
    })
}

async fn open_invitation(
    context: &Context,
    change: &mut Change<'_>,
    secret: &Credential,
    member: MemberId,
) -> Result<invitation::Invitation, Failure> {
    let (now, expires_at) = (change.now, change.now + LIFETIME);
    link::delete_of_member(&mut change.tx, member).await?;
    link::insert(&mut change.tx, secret, member, expires_at).await?;
    let id = InvitationId::from_uuid(context.entropy.uuid());
    let fresh = invitation::Invitation { id, member, created_at: now, expires_at };
    Ok(invitation::upsert(&mut change.tx, &fresh).await?)
}

async fn join_teams(
    change: &mut Change<'_>,
    org: OrgId,
    member: MemberId,
    teams: &[TeamId],
) -> Result<(), Failure> {
    // In one order, so that two invitations never wait for each other.
    let mut teams = teams.to_vec();
    teams.sort_unstable();
    teams.dedup();
    for id in teams {
        if !team::lock(&mut change.tx, id).await? {
            return Err(Invalid::new("team_ids", "expected teams of the organization").into());
        }
        if team::put_member(&mut change.tx, id, member).await?
            && let Some(team) = team::find(&mut change.tx, id).await?
        {
            let at_us = change.now_us();
            change.emit(events::team(org, &team, at_us));
            change.audit("team.member.added", format!("{id} {member}")).await?;
        }
    }
    Ok(())
}
