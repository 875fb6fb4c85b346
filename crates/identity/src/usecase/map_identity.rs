//! Saying which member a provider account is, or that it is nobody.

use access::{Permit, action::ManageIdentities};
use ids::{AccountId, MemberId};

use crate::{
    domain::member::Status,
    events,
    store::{account, member},
    usecase::{Context, Failure, IdentityView, change::Change},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageIdentities>,
    id: AccountId,
    member: Option<MemberId>,
) -> Result<IdentityView, Failure> {
    let org = permit.org();
    let mut change = Change::by_member(context, permit).await?;
    if let Some(member) = member {
        let found = member::find_for_update(&mut change.tx, member).await?;
        found.filter(|member| member.status != Status::Removed).ok_or(Failure::NotFound)?;
    }
    let mapped = account::map(&mut change.tx, id, member).await?.ok_or(Failure::NotFound)?;
    let at_us = change.now_us();
    change.emit(events::account(org, id, member, at_us));
    match member {
        Some(member) => change.audit("identity.linked", format!("{id} {member} admin")).await?,
        None => change.audit("identity.unlinked", id).await?,
    }
    change.commit().await?;
    IdentityView::open(context, org, mapped).await
}
