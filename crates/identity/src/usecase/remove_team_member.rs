//! Taking a member out of a team.

use access::{Permit, action::ManageTeams};
use ids::{MemberId, TeamId};

use crate::{
    events,
    store::team,
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
    if !team::lock(&mut change.tx, id).await? || !team::remove_member(&mut change.tx, id, member).await? {
        return Err(Failure::NotFound);
    }
    let team = team::find(&mut change.tx, id).await?.ok_or(Failure::NotFound)?;
    let at_us = change.now_us();
    change.emit(events::team(org, &team, at_us));
    change.audit("team.member.removed", format!("{id} {member}")).await?;
    change.commit().await?;
    TeamView::open(context, org, team).await
}
