//! The caller's organization.

use access::{Permit, action::ReadOrganization};
use pg::TenantTx;

use crate::{
    store::organization,
    usecase::{Context, Failure, OrganizationView, change::still_holds},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ReadOrganization>,
) -> Result<OrganizationView, Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let organization = organization::find(&mut tx).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    OrganizationView::open(context, permit.org(), organization).await
}
