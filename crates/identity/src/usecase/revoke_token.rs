//! Revoking one of the caller's own API tokens.

use access::{Permit, action::ManageOwnTokens};
use ids::TokenId;

use crate::{
    store::token,
    usecase::{Context, Failure, change::Change},
};

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageOwnTokens>,
    id: TokenId,
) -> Result<(), Failure> {
    let mut change = Change::by_member(context, permit).await?;
    let now = change.now;
    if !token::revoke(&mut change.tx, permit.member(), id, now).await? {
        return Err(Failure::NotFound);
    }
    change.audit("token.revoked", id).await?;
    change.commit().await
}
