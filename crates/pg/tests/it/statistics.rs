//! First statistics, and plans that are kept.

use std::time::Duration;

use pg::TenantTx;

use crate::ground::{Ground, scope};

/// PostgreSQL tells about changed rows when a session ends or rests.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_grew_is_looked_at_once() {
    let ground = Ground::new().await;
    let owner = ground.url("oz_probe_owner");
    assert_eq!(pg::gather(&owner).await.unwrap(), 0, "nothing is in it");
    let org = "00000000-0000-0000-0000-000000000001";
    ground
        .run(&format!(
            "insert into kept (org_id, id, word) select '{org}', gen_random_uuid(), 'w' from generate_series(1, 500)"
        ))
        .await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while pg::gather(&owner).await.unwrap() == 0 {
        assert!(tokio::time::Instant::now() < deadline, "five hundred rows were not noticed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let known = "select max(reltuples)::bigint from pg_class where relname like 'kept_p%' and relkind = 'r'";
    assert_eq!(ground.count(known).await, 500);
    ground.run(&format!("delete from kept where org_id = '{org}'")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(pg::gather(&owner).await.unwrap(), 0, "autovacuum does the rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_planned_once_a_connection() {
    let ground = Ground::new().await;
    let pool = ground.pool();
    let mut tx = TenantTx::begin(&pool, &scope(1)).await.unwrap();
    for id in 0..3_i64 {
        sqlx::query("select word from kept where org_id = oz.org() and id = $1::text::uuid")
            .bind(format!("00000000-0000-0000-0000-00000000000{id}"))
            .fetch_all(tx.conn())
            .await
            .unwrap();
    }
    let (kept, own): (i64, i64) = sqlx::query_as(
        "select generic_plans, custom_plans from pg_prepared_statements where statement like 'select word from kept%'",
    )
    .fetch_one(tx.conn())
    .await
    .unwrap();
    assert_eq!((kept, own), (3, 0));
}
