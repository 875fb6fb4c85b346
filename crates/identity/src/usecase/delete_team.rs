//! Deleting a team. What was shared with it alone is shared with nobody.

use access::{Permit, action::ManageTeams};
use ids::TeamId;

use crate::{
    events,
    store::team,
    usecase::{Context, Failure, change::Change},
};

pub(crate) async fn run(context: &Context, permit: &Permit<ManageTeams>, id: TeamId) -> Result<(), Failure> {
    let mut change = Change::by_member(context, permit).await?;
    if !team::lock(&mut change.tx, id).await? {
        return Err(Failure::NotFound);
    }
    team::delete(&mut change.tx, id).await?;
    let at_us = change.now_us();
    change.emit(events::team_deleted(permit.org(), id, at_us));
    change.audit("team.deleted", id).await?;
    change.commit().await
}
