//! Hearing again.

use access::{Permit, action::MarkFeed};
use pg::TenantTx;
use uuid::Uuid;

use super::{Failure, Ground};
use crate::{domain::vocabulary::MuteKind, store};

/// Takes a mute back; one that is not there is no error.
pub(crate) async fn run(
    ground: &Ground,
    permit: &Permit<MarkFeed>,
    kind: MuteKind,
    id: Uuid,
) -> Result<(), Failure> {
    let mut tx = TenantTx::begin(&ground.pool, &permit.scope()).await?;
    store::marks::unmute(&mut tx, kind, id).await?;
    Ok(tx.commit().await?)
}
