//! Provider accounts and which member each is.

use access::{Permit, action::ManageIdentities};
use pg::TenantTx;

use crate::{
    domain::paging::Page,
    store::account,
    usecase::{Context, Failure, IdentityView, change::still_holds},
};

/// One page, and the cursor of the next.
pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageIdentities>,
    page: Page,
) -> Result<(Vec<IdentityView>, String), Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let mut accounts = account::list(&mut tx, page).await?;
    tx.commit().await?;
    let next = page.cut(&mut accounts, |account| account.id.uuid());
    let mut views = Vec::with_capacity(accounts.len());
    for account in accounts {
        views.push(IdentityView::open(context, permit.org(), account).await?);
    }
    Ok((views, next))
}
