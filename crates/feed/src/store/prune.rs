//! Forgetting what only served readers of yesterday.

use pg::{PgError, QueuePool};

/// Deletes left places and told ends older than a day.
pub(crate) async fn prune(pool: &QueuePool) -> Result<u64, PgError> {
    let past = sqlx::query!("delete from story_past where at < now() - interval '1 day'")
        .execute(pool.pool())
        .await?;
    let gone = sqlx::query!("delete from story_gone where at < now() - interval '1 day'")
        .execute(pool.pool())
        .await?;
    Ok(past.rows_affected() + gone.rows_affected())
}
