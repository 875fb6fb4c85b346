//! A new team.

use access::{Permit, action::ManageTeams};
use ids::TeamId;

use crate::{
    domain::text,
    events,
    store::team,
    usecase::{Context, Failure, TeamView, change::Change},
};

/// Most teams of one organization: all of a member's teams have to fit into a caller token.
const MOST: i64 = 1000;

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageTeams>,
    name: &str,
) -> Result<TeamView, Failure> {
    let name = text::name("name", name)?;
    let org = permit.org();
    let id = TeamId::from_uuid(context.entropy.uuid());
    let sealed = context.keyring.seal(org, "team", id.uuid(), name.as_bytes()).await?;
    let mut change = Change::by_member(context, permit).await?;
    if team::count(&mut change.tx).await? >= MOST {
        return Err(Failure::conflict("too_many_teams", "delete a team before making another"));
    }
    let made = team::Team { id, name: sealed, members: Vec::new(), created_at: change.now };
    team::insert(&mut change.tx, &made).await?;
    let at_us = change.now_us();
    change.emit(events::team(org, &made, at_us));
    change.audit("team.created", id).await?;
    change.commit().await?;
    TeamView::open(context, org, made).await
}
