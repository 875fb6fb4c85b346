//! Teams and who is in them.

use access::{Permit, action::ReadDirectory};
use pg::TenantTx;

use crate::{
    store::team,
    usecase::{Context, Failure, TeamView, change::still_holds},
};

pub(crate) async fn run(context: &Context, permit: &Permit<ReadDirectory>) -> Result<Vec<TeamView>, Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let teams = team::list(&mut tx).await?;
    tx.commit().await?;
    let mut views = Vec::with_capacity(teams.len());
    for team in teams {
        views.push(TeamView::open(context, permit.org(), team).await?);
    }
    Ok(views)
}
