//! Looking from outside whether work is left: places in the queue, events in the outboxes and on the embedded log.
//!
//! This reads the databases as their administrator and changes nothing. No door tells when every service has caught up, and the
//! cost of a delivery is known only then.

use std::time::{Duration, Instant};

use anyhow::bail;
use sqlx::{PgPool, Row, postgres::PgPoolOptions};
use tokio::runtime::Runtime;

use crate::house::House;

const SERVICES: [&str; 5] = ["identity", "ingestion", "task", "feed", "aggregation"];

/// Connections to each database.
pub struct Look {
    runtime: Runtime,
    pools: Vec<(&'static str, PgPool)>,
}

impl Look {
    /// Connects.
    pub fn new(house: &House) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let statement = |service: &str| match service {
            "ingestion" => "select (select count(*) from work) + (select count(*) from outbox)",
            "bus" => {
                "select coalesce(sum(p.next_offset - g.committed), 0)::bigint from bus_group g join bus_partition p using (topic_id, partition)"
            }
            _ => "select count(*) from outbox",
        };
        let mut pools = Vec::new();
        for service in SERVICES.into_iter().chain(["bus"]) {
            let url = house.administered(&format!("oz_{service}"))?;
            let pool = runtime.block_on(PgPoolOptions::new().max_connections(1).connect(&url))?;
            pools.push((statement(service), pool));
        }
        Ok(Self { runtime, pools })
    }

    /// How much is left.
    pub fn left(&self) -> anyhow::Result<i64> {
        self.runtime.block_on(async {
            let mut left = 0;
            for (statement, pool) in &self.pools {
                left += sqlx::query(*statement).fetch_one(pool).await?.try_get::<i64, _>(0)?;
            }
            Ok(left)
        })
    }

    /// Waits until nothing is, twice in a row: an event may be between an outbox and the log.
    pub fn drained(&self, patience: Duration) -> anyhow::Result<()> {
        let (begun, mut quiet) = (Instant::now(), 0);
        while quiet < 2 {
            let left = self.left()?;
            quiet = if left == 0 { quiet + 1 } else { 0 };
            if begun.elapsed() > patience {
                bail!("{left} deliveries and events are left after {patience:?}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Runs one statement in a database that is not Oz's.
    pub fn administer(house: &House, statement: &'static str) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let url = house.administered("postgres")?;
        runtime.block_on(async {
            let pool = PgPoolOptions::new().max_connections(1).connect(&url).await?;
            sqlx::raw_sql(statement).execute(&pool).await?;
            pool.close().await;
            Ok(())
        })
    }
}
