//! Open invitations.

use access::{Permit, action::ManageMembers};
use pg::TenantTx;

use crate::{
    store::{invitation, member},
    usecase::{Context, Failure, InvitationView, change::still_holds},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageMembers>,
) -> Result<Vec<InvitationView>, Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let invitations = invitation::list(&mut tx).await?;
    let mut pairs = Vec::with_capacity(invitations.len());
    for invitation in invitations {
        if let Some(member) = member::find(&mut tx, invitation.member).await? {
            pairs.push((invitation, member));
        }
    }
    tx.commit().await?;
    let mut views = Vec::with_capacity(pairs.len());
    for (invitation, member) in pairs {
        views.push(InvitationView::open(context, permit.org(), invitation, member).await?);
    }
    Ok(views)
}
