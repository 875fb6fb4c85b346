//! Putting a member into a team.

use access::{Permit, action::ManageTeams};
use ids::{MemberId, TeamId};

use crate::{
    domain::member::Status,
    events,
    store::{member, team},
    usecase::{Context, Failure, TeamView, change::Change},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageTeams>,
    id: TeamId,
    member: MemberId,
) -> Result<TeamView, Failure> {
    let org = permit.org();
    let mut change = Change::by_member(context, permit).await?;
    // Member before team, as everywhere, so that two changes never wait for each other.
    let found = member::find_for_update(&mut change.tx, member).await?;
    found.filter(|member| member.status != Status::Removed).ok_or(Failure::NotFound)?;
    if !team::lock(&mut change.tx, id).await? {
        return Err(Failure::NotFound);
    }
    let added = team::put_member(&mut change.tx, id, member).await?;
    let team = team::find(&mut change.tx, id).await?.ok_or(Failure::NotFound)?;
    if added {
        let at_us = change.now_us();
        change.emit(events::team(org, &team, at_us));
        change.audit("team.member.added", format!("{id} {member}")).await?;
    }
    change.commit().await?;
    TeamView::open(context, org, team).await
}
