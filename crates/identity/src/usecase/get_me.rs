//! The caller's own membership.

use access::{Permit, action::ReadSelf};
use pg::TenantTx;

use crate::{
    domain::member::Status,
    store::{member, organization},
    usecase::{Context, Failure, MemberView, OrganizationView},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ReadSelf>,
) -> Result<(MemberView, OrganizationView), Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    let me = member::find(&mut tx, permit.member()).await?;
    let organization = organization::find(&mut tx).await?;
    tx.commit().await?;
    let me = me.filter(|member| member.status == Status::Active).ok_or(Failure::Unauthenticated)?;
    let organization = organization.ok_or(Failure::Unauthenticated)?;
    Ok((
        MemberView::open(context, permit.org(), me).await?,
        OrganizationView::open(context, permit.org(), organization).await?,
    ))
}
