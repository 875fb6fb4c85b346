//! The caller's own API tokens.

use access::{Permit, action::ReadSelf};
use pg::TenantTx;

use crate::{
    store::token,
    usecase::{Context, Failure, TokenView, change::still_holds},
};

pub(crate) async fn run(context: &Context, permit: &Permit<ReadSelf>) -> Result<Vec<TokenView>, Failure> {
    let mut tx = TenantTx::begin(&context.pool, &permit.scope()).await?;
    still_holds(&mut tx, permit).await?;
    let tokens = token::list(&mut tx, permit.member()).await?;
    tx.commit().await?;
    let mut views = Vec::with_capacity(tokens.len());
    for token in tokens {
        views.push(TokenView::open(context, permit.org(), token).await?);
    }
    Ok(views)
}
