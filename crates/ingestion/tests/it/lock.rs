//! The second lock: the database itself.

use pg::catalogue;
use sqlx::{Connection, PgConnection};
use testkit::Postgres;

use crate::{
    house::House,
    post::{issue, message},
};

async fn connection(house: &House, role: &str) -> PgConnection {
    PgConnection::connect(&Postgres::shared().url(role, &house.database)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_shows_no_gap() {
    let house = House::open().await;
    let mut conn = connection(&house, testkit::SUPERUSER).await;
    let found = catalogue::violations(&mut conn, "ingestion").await.unwrap();
    assert_eq!(found, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_scope_the_serving_role_sees_no_row_and_has_no_way_around() {
    let house = House::open().await;
    for org in [house.acme, house.other] {
        let hook = house.connected(org, "github", "oz/web").await;
        house.github(&hook, "issues", "d-1", &issue("oz/web", "opened", 0, "Title", "Text")).await;
        house.github(&hook, "star", "d-2", &issue("oz/web", "created", 0, "Title", "Text")).await;
        let hook = house.connected(org, "slack", "C024BE91L").await;
        house.slack(&hook, &message("Ev1", "C024BE91L", "1777600000.000100", "words")).await;
    }
    house.settled().await;
    let tables = house.look(
        "select string_agg(relname, ' ') from pg_class where relkind = 'p' and relnamespace = 'public'::regnamespace",
    );
    let partitions = house.look(
        "select string_agg(relname, ' ') from pg_class where relkind = 'r' and relispartition and relnamespace = 'public'::regnamespace",
    );
    assert!(tables.contains("delivery") && partitions.contains("delivery"));
    let mut serving = connection(&house, "oz_ingestion").await;
    for table in tables.split(' ') {
        let rows: Result<i64, _> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(&mut serving)
                .await;
        assert!(rows.is_err() || rows.is_ok_and(|n| n == 0), "{table} without a scope");
    }
    for table in tables.split(' ').chain(partitions.split(' ')) {
        for role in ["oz_ingestion", "oz_ingestion_queue"] {
            let mut conn = connection(&house, role).await;
            let truncate = format!("truncate {table}");
            assert!(
                sqlx::raw_sql(sqlx::AssertSqlSafe(truncate)).execute(&mut conn).await.is_err(),
                "{table}"
            );
        }
    }
    for partition in partitions.split(' ') {
        let select = format!("select * from {partition}");
        assert!(
            sqlx::raw_sql(sqlx::AssertSqlSafe(select)).execute(&mut serving).await.is_err(),
            "{partition}"
        );
    }
    let scoped = format!(
        "begin; set local oz.org = '{}'; select (select count(*) from delivery) + (select count(*) from item)",
        house.acme.id.uuid()
    );
    let own = Postgres::shared().url("oz_ingestion", &house.database);
    let mut own = PgConnection::connect(&own).await.unwrap();
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(scoped)).fetch_all(&mut own).await.unwrap();
    let seen: i64 = sqlx::Row::get(&rows[0], 0);
    let mut past_the_lock = connection(&house, testkit::SUPERUSER).await;
    let of_acme: i64 = sqlx::query_scalar(
        "select (select count(*) from delivery where org_id = $1) + (select count(*) from item where org_id = $1)",
    )
    .bind(house.acme.id.uuid())
    .fetch_one(&mut past_the_lock)
    .await
    .unwrap();
    assert!(of_acme >= 2);
    assert_eq!(seen, of_acme, "with a scope, its own deliveries and items and no others");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_role_sees_places_and_never_deliveries() {
    let house = House::open().await;
    let mut queue = connection(&house, "oz_ingestion_queue").await;
    assert!(sqlx::raw_sql("select * from work").execute(&mut queue).await.is_ok());
    for table in ["delivery", "item", "integration", "source", "account", "coverage", "import"] {
        let select = format!("select * from {table}");
        assert!(sqlx::raw_sql(sqlx::AssertSqlSafe(select)).execute(&mut queue).await.is_err(), "{table}");
    }
    for function in ["door_integration(gen_random_uuid())", "visible_source()"] {
        let call = format!("select * from {function}");
        assert!(sqlx::raw_sql(sqlx::AssertSqlSafe(call)).execute(&mut queue).await.is_err(), "{function}");
    }
}
