//! Taking an invitation back: its link opens nothing any more.

use access::{Permit, action::ManageMembers};
use ids::InvitationId;

use crate::{
    domain::member::{Status, may_touch},
    store::{invitation, member},
    usecase::{Context, Failure, change::Change, remove_member::end_membership},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageMembers>,
    id: InvitationId,
) -> Result<(), Failure> {
    let mut change = Change::by_member(context, permit).await?;
    let invited = invitation::delete(&mut change.tx, id).await?.ok_or(Failure::NotFound)?;
    let found = member::find_for_update(&mut change.tx, invited).await?;
    let member = found.filter(|member| member.status == Status::Invited).ok_or(Failure::NotFound)?;
    may_touch(permit.caller().role(), permit.action(), &[member.role])?;
    end_membership(&mut change, member).await?;
    change.audit("invitation.revoked", id).await?;
    change.commit().await
}
