//! First statistics of a young database.
//!
//! Until autovacuum has come by, which is after a minute at best, PostgreSQL plans as if the tables were empty, and a fresh
//! installation's first import runs within that minute. So whoever owns a private server has each table looked at once, soon
//! after something is in it; autovacuum does the rest.

use std::{convert::Infallible, time::Duration};

use lifecycle::Shutdown;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::PgError;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(2);
/// How many times; afterwards autovacuum knows the tables.
const TIMES: u32 = 150;
/// Changed rows below which statistics would say nothing.
const ROWS: i64 = 200;

/// Looks for a while at the tables of one database, as the role that owns them, then rests until shutdown.
///
/// # Errors
/// Never: without statistics the database is slower, and nothing else.
pub async fn gather_first(owner_url: String, shutdown: Shutdown) -> Result<(), Infallible> {
    for _ in 0..TIMES {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = gather(&owner_url).await {
            tracing::debug!(%error, "no first statistics");
        }
    }
    shutdown.cancelled().await;
    Ok(())
}

/// Has PostgreSQL look at each table that it has never looked at and that is not small any more; returns their number.
///
/// # Errors
/// When the database is away or the role owns no tables.
pub async fn gather(owner_url: &str) -> Result<usize, PgError> {
    let mut owner = PgConnection::connect(owner_url).await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, relname) from pg_stat_user_tables
         where last_analyze is null and last_autoanalyze is null and n_mod_since_analyze >= $1",
    )
    .bind(ROWS)
    .fetch_all(&mut owner)
    .await?;
    for table in &tables {
        sqlx::raw_sql(AssertSqlSafe(format!("analyze {table}"))).execute(&mut owner).await?;
    }
    owner.close().await?;
    Ok(tables.len())
}
