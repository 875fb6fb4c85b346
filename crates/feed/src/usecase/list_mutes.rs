//! What the caller does not want to see.

use access::{Permit, action::ReadFeed};
use pg::TenantTx;
use uuid::Uuid;

use super::{Failure, Ground};
use crate::{domain::vocabulary::MuteKind, store};

/// A mute.
#[derive(Debug, Clone, Copy)]
pub struct Mute {
    /// Of what sort of thing.
    pub kind: MuteKind,
    /// Which.
    pub id: Uuid,
    /// Since when, microseconds.
    pub created_us: i64,
}

/// The caller's mutes, oldest first.
pub(crate) async fn run(ground: &Ground, permit: &Permit<ReadFeed>) -> Result<Vec<Mute>, Failure> {
    let mut tx = TenantTx::begin(&ground.pool, &permit.scope()).await?;
    let rows = store::marks::mutes(&mut tx).await?;
    tx.commit().await?;
    let mutes = rows.into_iter().filter_map(|row| {
        let kind = MuteKind::of(row.kind.into())?;
        Some(Mute { kind, id: row.id, created_us: row.created_us })
    });
    Ok(mutes.collect())
}
