//! Removing a member: out of every team, and every session and token ends at once.

use access::{Permit, action::ManageMembers};
use ids::MemberId;

use crate::{
    domain::member::{Status, may_touch},
    events,
    store::{invitation, link, member, session, team, token},
    usecase::{Context, Failure, change::Change, update_member::last_owner},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageMembers>,
    id: MemberId,
) -> Result<(), Failure> {
    let mut change = Change::by_member(context, permit).await?;
    let owners = member::lock_owners(&mut change.tx).await?;
    let found = member::find_for_update(&mut change.tx, id).await?;
    let leaving = found.filter(|member| member.status != Status::Removed).ok_or(Failure::NotFound)?;
    may_touch(permit.caller().role(), permit.action(), &[leaving.role])?;
    if owners == [id] {
        return Err(last_owner());
    }
    end_membership(&mut change, leaving).await?;
    change.audit("member.removed", id).await?;
    change.commit().await
}

/// Takes away all that the member could do.
pub(super) async fn end_membership(
    change: &mut Change<'_>,
    mut leaving: member::Member,
) -> Result<(), Failure> {
    let (now, org, at_us) = (change.now, change.org(), change.now_us());
    leaving.status = Status::Removed;
    member::update(&mut change.tx, &leaving).await?;
    session::revoke_of_member(&mut change.tx, leaving.id, now).await?;
    token::revoke_of_member(&mut change.tx, leaving.id, now).await?;
    link::delete_of_member(&mut change.tx, leaving.id).await?;
    invitation::delete_of_member(&mut change.tx, leaving.id).await?;
    for id in team::of_member(&mut change.tx, leaving.id).await? {
        team::lock(&mut change.tx, id).await?;
        team::remove_member(&mut change.tx, id, leaving.id).await?;
        if let Some(team) = team::find(&mut change.tx, id).await? {
            change.emit(events::team(org, &team, at_us));
        }
    }
    change.emit(events::member(org, &leaving, at_us));
    Ok(())
}
