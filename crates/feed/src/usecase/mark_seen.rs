//! What the caller has seen.

use access::{Permit, action::MarkFeed};
use ids::StoryId;
use pg::TenantTx;
use uuid::Uuid;

use super::{Failure, Ground};
use crate::store;

/// Marks the stories listed, as they are now, and everything up to a position if that is not 0. What the caller does not see
/// is passed over, as if it did not exist.
pub(crate) async fn run(
    ground: &Ground,
    permit: &Permit<MarkFeed>,
    stories: &[StoryId],
    upto: i64,
    now_us: i64,
) -> Result<(), Failure> {
    let stories: Vec<Uuid> = stories.iter().map(|story| story.uuid()).collect();
    let mut tx = TenantTx::begin(&ground.pool, &permit.scope()).await?;
    if !stories.is_empty() {
        store::marks::seen(&mut tx, &stories, now_us).await?;
    }
    if upto > 0 {
        store::marks::seen_upto(&mut tx, upto, now_us).await?;
    }
    Ok(tx.commit().await?)
}
