//! Renaming a team.

use access::{Permit, action::ManageTeams};
use ids::TeamId;

use crate::{
    domain::text,
    events,
    store::team,
    usecase::{Context, Failure, TeamView, change::Change},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageTeams>,
    id: TeamId,
    name: &str,
) -> Result<TeamView, Failure> {
    let name = text::name("name", name)?;
    let org = permit.org();
    let sealed = context.keyring.seal(org, "team", id.uuid(), name.as_bytes()).await?;
    let mut change = Change::by_member(context, permit).await?;
    if !team::lock(&mut change.tx, id).await? {
        return Err(Failure::NotFound);
    }
    team::rename(&mut change.tx, id, &sealed).await?;
    let renamed = team::find(&mut change.tx, id).await?.ok_or(Failure::NotFound)?;
    let at_us = change.now_us();
    change.emit(events::team(org, &renamed, at_us));
    change.audit("team.renamed", id).await?;
    change.commit().await?;
    TeamView::open(context, org, renamed).await
}
