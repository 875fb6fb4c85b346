//! Silencing a source, a story or an actor, for oneself.

use access::{Permit, action::MarkFeed};
use pg::{PgError, TenantTx};
use uuid::Uuid;

use super::{Failure, Ground};
use crate::{domain::vocabulary::MuteKind, store};

/// Most mutes of one member.
const MOST: i64 = 1_000;

/// Why nothing was muted.
#[derive(Debug, thiserror::Error)]
pub enum MuteError {
    /// There is no such thing for the caller.
    #[error("not found")]
    NotFound,
    /// The caller has as many mutes as one may have.
    #[error("too many mutes")]
    TooMany,
    /// Neither.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<PgError> for MuteError {
    fn from(error: PgError) -> Self {
        Self::Failure(error.into())
    }
}

/// Mutes; again is no error.
pub(crate) async fn run(
    ground: &Ground,
    permit: &Permit<MarkFeed>,
    kind: MuteKind,
    id: Uuid,
    now_us: i64,
) -> Result<(), MuteError> {
    let mut tx = TenantTx::begin(&ground.pool, &permit.scope()).await?;
    if !store::marks::can_see(&mut tx, kind, id).await? {
        return Err(MuteError::NotFound);
    }
    if !store::marks::mute(&mut tx, kind, id, now_us, MOST).await? {
        return Err(MuteError::TooMany);
    }
    Ok(tx.commit().await?)
}
