//! The limit of P3: what a page of 50 stories costs at least. One prepared read along one index on one connection that stays open,
//! over the rows of the feed itself: no audience, no activities, no opening of content, no HTTP.
//!
//! `LIMIT_URL` says where and as whom; with `LIMIT_SCOPED` the connection carries the organization's scope, so that the statement
//! runs under row-level security, else the role must stand above it. Prints its own CPU time in milliseconds.

use std::io::Write;

use anyhow::Context;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let variable = |name: &str| std::env::var(name).with_context(|| name.to_owned());
    let (url, org) = (variable("LIMIT_URL")?, variable("LIMIT_ORG")?.parse::<Uuid>()?);
    let count: u32 = variable("LIMIT_COUNT")?.parse()?;
    let mut connection = PgConnection::connect(&url).await?;
    if std::env::var_os("LIMIT_SCOPED").is_some() {
        sqlx::query("select set_config('oz.org', $1, false)")
            .bind(org.to_string())
            .execute(&mut connection)
            .await?;
    }
    for _ in 0..count {
        let rows = sqlx::query(
            "select s.story_id, s.kind, s.source_id, s.sort_us, s.activities, i.author_id, i.content
             from story s join item i on i.org_id = s.org_id and i.item_id = s.head_item
             where s.org_id = $1 order by s.sort_us desc, s.story_id desc limit 50",
        )
        .bind(org)
        .fetch_all(&mut connection)
        .await?;
        anyhow::ensure!(rows.len() == 50, "{} stories instead of 50", rows.len());
    }
    let cpu = bench::cost::cpu(std::process::id())?;
    writeln!(std::io::stdout(), "{}", cpu.own.as_millis())?;
    connection.close().await?;
    Ok(())
}
