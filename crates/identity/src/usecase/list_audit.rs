//! The audit log, newest first.

use access::{Permit, action::ReadAudit};
use pg::TenantTx;

use crate::{
    domain::paging::Page,
    store::audit,
    usecase::{Context, Failure, change::still_holds},
};

/// One page, and the cursor of the next.
pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ReadAudit>,
    page: Page,
) -> Result<(Vec<audit::Entry>, String), Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let mut entries = audit::list(&mut tx, page).await?;
    tx.commit().await?;
    let next = page.cut(&mut entries, |entry| entry.id.uuid());
    Ok((entries, next))
}
