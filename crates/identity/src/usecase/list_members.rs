//! The directory: members who were not removed.

use access::{Permit, action::ReadDirectory};
use pg::TenantTx;

use crate::{
    domain::paging::Page,
    store::member,
    usecase::{Context, Failure, MemberView, change::still_holds},
};

/// One page, and the cursor of the next.
pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ReadDirectory>,
    page: Page,
) -> Result<(Vec<MemberView>, String), Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let mut members = member::list(&mut tx, page).await?;
    tx.commit().await?;
    let next = page.cut(&mut members, |member| member.id.uuid());
    let mut views = Vec::with_capacity(members.len());
    for member in members {
        views.push(MemberView::open(context, permit.org(), member).await?);
    }
    Ok((views, next))
}
