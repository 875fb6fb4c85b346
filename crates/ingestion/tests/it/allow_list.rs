//! What is not shared leaves no trace but a count.

use std::{collections::HashSet, time::Duration};

use events::topic;
use proto::events::v1::{SourceRemoved, SourceShared};
use reqwest::StatusCode;
use sqlx::{Connection, PgConnection};
use testkit::Postgres;

use crate::{
    house::House,
    post::{Hook, issue, message},
};

const CANARY: &str = "zanzibarcanary";

async fn post_canary(house: &House, hook: &Hook, source: &str, delivery: &str) -> StatusCode {
    let text = format!("before {CANARY} after");
    match hook.provider {
        "slack" => house.slack(hook, &message(delivery, source, "1777600000.000100", &text)).await,
        _ => house.github(hook, "issues", delivery, &issue(source, "opened", 0, &text, &text)).await,
    }
}

/// Whether the search for canaries can find one at all: in letters, and inside of bytes on the bus.
fn prove_the_search(house: &House) {
    assert!(house.tables_with("SourceShared").iter().any(|table| table.starts_with("bus_log")), "in bytes");
    assert!(house.tables_with("connected|active").iter().any(|t| t.starts_with("integration")), "in letters");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_shared_is_counted_by_name_and_no_byte_of_it_is_kept() {
    let house = House::open().await;
    for (provider, shared, unshared, event) in [
        ("github", "oz/web", format!("oz/{CANARY}"), "issues"),
        ("slack", "C024BE91L", "C0ZZZZZZ9".to_owned(), "message"),
    ] {
        let hook = house.connected(house.acme, provider, shared).await;
        house.connected(house.other, provider, &unshared).await;
        assert_eq!(post_canary(&house, &hook, &unshared, "x-1").await, StatusCode::ACCEPTED);
        assert_eq!(post_canary(&house, &hook, &unshared, "x-1").await, StatusCode::ACCEPTED);
        house.settled().await;
        assert_eq!(house.ledger(&hook).await, [format!("{event} skipped source_not_shared 2")]);
        assert_eq!((house.count("delivery"), house.count("item"), house.count("account")), (0, 0, 0));
        assert_eq!(house.tables_with(CANARY), [""; 0]);
        prove_the_search(&house);

        house.share(&hook, &[(shared, "org"), (&unshared, "org")]).await;
        assert_eq!(post_canary(&house, &hook, &unshared, "x-1").await, StatusCode::ACCEPTED);
        house.settled().await;
        assert_eq!(
            (house.deliveries(&hook, "applied").await.len(), house.count("item")),
            (1, 1),
            "{provider}"
        );
        assert_eq!(house.tables_with(CANARY), [""; 0], "and what is kept is sealed");
        house.share(&hook, &[]).await;
        house.look("delete from account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn narrowing_purges_what_a_source_brought_and_says_so() {
    let house = House::open().await;
    let hook = house.connect(house.acme, "github").await;
    let theirs = house.connected(house.other, "github", "oz/web").await;
    let shared = house.share(&hook, &[("oz/web", "org"), ("oz/api", "org")]).await;
    for (hook, source, delivery) in
        [(&hook, "oz/web", "d-1"), (&hook, "oz/api", "d-2"), (&theirs, "oz/web", "d-1")]
    {
        assert_eq!(post_canary(&house, hook, source, delivery).await, StatusCode::ACCEPTED);
    }
    house.settled().await;
    assert_eq!((house.count("item"), house.count("delivery")), (3, 3));

    let left = house.share(&hook, &[("oz/api", "org")]).await;
    assert_eq!(left.iter().map(|s| (s.key.as_str(), s.items)).collect::<Vec<_>>(), [("oz/api", 1)]);
    house.settled().await;
    assert_eq!(
        (house.count("item"), house.count("delivery")),
        (2, 2),
        "the other source and the other org stay"
    );
    assert_eq!(house.ledger(&hook).await, ["issues applied  1", "issues skipped source_removed 1"]);
    let removed = house.said::<SourceRemoved>(house.acme, topic::AUDIENCE).await;
    let web = shared.iter().find(|source| source.key == "oz/web").unwrap();
    let web: ids::SourceId = web.id.parse().unwrap();
    assert_eq!(removed, [SourceRemoved { source_id: web.to_vec(), revision: 2 }]);
    assert_eq!(house.said::<SourceRemoved>(house.other, topic::AUDIENCE).await, []);
    let row = format!("select key = ''::bytea from source where source_id = '{}'", web.uuid());
    assert_eq!(house.look(&row), "t", "not even its name");

    assert_eq!(post_canary(&house, &hook, "oz/web", "d-3").await, StatusCode::ACCEPTED);
    house.settled().await;
    assert_eq!(house.count("delivery"), 2, "no longer let in");
    house.share(&hook, &[("oz/api", "org"), ("oz/web", "org")]).await;
    assert_eq!(house.count("item"), 2, "sharing it again does not bring it back");
    house.settled().await;
    let announced = house.said::<SourceShared>(house.acme, topic::AUDIENCE).await;
    let ids: HashSet<_> = announced.iter().map(|shared| shared.source_id.clone()).collect();
    assert_eq!((announced.len(), ids.len()), (3, 3), "it is another source, with an id of its own");
}

/// A delivery that is being worked on when its source is taken back: whoever comes second sees what the first did.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_on_its_way_when_its_source_is_taken_back_leaves_nothing() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let mut gate =
        PgConnection::connect(&Postgres::shared().url(testkit::SUPERUSER, &house.database)).await.unwrap();
    // The normaliser has read that the source is shared, and stands before its first write.
    sqlx::raw_sql("begin; lock table account in share mode").execute(&mut gate).await.unwrap();
    assert_eq!(post_canary(&house, &hook, "oz/web", "d-1").await, StatusCode::ACCEPTED);
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    crate::house::eventually("the normaliser stands at the gate", || async { house.look(waits) == "1" })
        .await;

    let narrowing = house.share(&hook, &[]);
    let opening = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        sqlx::raw_sql("commit").execute(&mut gate).await.unwrap();
    };
    let (left, ()) = tokio::join!(narrowing, opening);
    assert_eq!(left, []);
    house.settled().await;
    assert_eq!((house.count("delivery"), house.count("item"), house.count("source_member")), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_queued_before_its_source_was_taken_back_leaves_nothing() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", "C024BE91L").await;
    let mut gate =
        PgConnection::connect(&Postgres::shared().url(testkit::SUPERUSER, &house.database)).await.unwrap();
    // Holds every shard, as another process that normalises would.
    sqlx::raw_sql("begin; select pg_advisory_xact_lock(7301, n) from generate_series(0, 7) n")
        .execute(&mut gate)
        .await
        .unwrap();
    assert_eq!(post_canary(&house, &hook, "C024BE91L", "Ev1").await, StatusCode::ACCEPTED);
    assert_eq!((house.count("delivery"), house.count("work")), (1, 1));
    house.share(&hook, &[]).await;
    assert_eq!(
        (house.count("delivery"), house.count("work")),
        (0, 0),
        "gone at once, not when its turn comes"
    );
    sqlx::raw_sql("commit").execute(&mut gate).await.unwrap();
    house.settled().await;
    assert_eq!((house.count("item"), house.tables_with(CANARY).len()), (0, 0));
}
