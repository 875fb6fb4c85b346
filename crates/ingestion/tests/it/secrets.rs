//! The secrets by which deliveries are believed, over their lives.

use chrono::TimeDelta;
use proto::ingestion::v1::*;
use reqwest::StatusCode;

use crate::{
    house::House,
    post::{Hook, Post, issue},
};

async fn post(house: &House, hook: &Hook, secret: &str, delivery: &str) -> u16 {
    let body = issue("oz/web", "opened", 0, "Title", "Text").to_string();
    Post::github(hook, secret, "issues", delivery, body.as_bytes()).send(house).await.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_leaves_the_one_before_a_day() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    assert_eq!(post(&house, &hook, &hook.secret, "d-1").await, 202);
    let request = RotateSecretRequest { id: hook.id.clone(), secret: "a-second-secret-of-mine".into() };
    let rotated = house.integrations().rotate_secret(house.by(house.acme.admin, request)).await.unwrap();
    let RotateSecretResponse { secret, previous_valid_until_us } = rotated.into_inner();
    assert_eq!(secret, "a-second-secret-of-mine");
    assert_eq!(previous_valid_until_us - house.clock.now_us(), 24 * 3_600_000_000);

    assert_eq!(post(&house, &hook, &secret, "d-2").await, 202, "the new one is valid at once");
    assert_eq!(post(&house, &hook, &hook.secret, "d-3").await, 202, "the old one still is");
    house.clock.advance(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    assert_eq!(post(&house, &hook, &hook.secret, "d-4").await, 202, "to the last moment");
    house.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(post(&house, &hook, &hook.secret, "d-5").await, 401, "and then no more");
    assert_eq!(post(&house, &hook, &secret, "d-6").await, 202);

    let request = RotateSecretRequest { id: hook.id.clone(), ..Default::default() };
    let third = house.integrations().rotate_secret(house.by(house.acme.admin, request)).await.unwrap();
    let third = third.into_inner().secret;
    assert!(third.len() >= 43 && third != secret, "made by chance when none is given");
    for (secret, status) in [(&third, 202), (&secret, 202), (&hook.secret, 401)] {
        assert_eq!(post(&house, &hook, secret, &format!("e-{status}-{}", secret.len())).await, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_integration_is_no_longer_there_and_what_it_brought_is_purged() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let theirs = house.connected(house.other, "github", "oz/web").await;
    for hook in [&hook, &theirs] {
        assert_eq!(post(&house, hook, &hook.secret, "d-1").await, 202);
    }
    house.settled().await;
    let request = DeleteIntegrationRequest { id: hook.id.clone() };
    house.integrations().delete_integration(house.by(house.acme.admin, request)).await.unwrap();
    assert_eq!(post(&house, &hook, &hook.secret, "d-2").await, 404);
    assert_eq!(post(&house, &theirs, &theirs.secret, "d-2").await, 202, "the other organization's stays");
    house.settled().await;
    assert_eq!((house.count("delivery"), house.count("item")), (2, 1), "only the other organization's");
    let secrets = "select count(*) from integration where status = 'deleted' and secret is null and previous_secret is null";
    assert_eq!(house.look(secrets), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_rest_sealed() {
    let house = House::open().await;
    let request = CreateIntegrationRequest {
        provider: "slack".into(),
        name: "quartz workspace".into(),
        secret: "0123456789abcdefquartz".into(),
    };
    house.integrations().create_integration(house.by(house.acme.admin, request)).await.unwrap();
    house.settled().await;
    assert_eq!(house.tables_with("quartz"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_uninstalled_shows_it_until_its_secret_is_set_anew() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", "C024BE91L").await;
    let gone = crate::post::slack_event("Ev1", serde_json::json!({"type": "app_uninstalled"}));
    assert_eq!(house.slack(&hook, &gone).await, StatusCode::ACCEPTED);
    house.settled().await;
    let status = || async {
        let request = GetIntegrationRequest { id: hook.id.clone() };
        let seen = house.integrations().get_integration(house.by(house.acme.admin, request)).await.unwrap();
        seen.into_inner().integration.unwrap().status
    };
    assert_eq!(status().await, "disconnected");
    let request = RotateSecretRequest { id: hook.id.clone(), ..Default::default() };
    house.integrations().rotate_secret(house.by(house.acme.admin, request)).await.unwrap();
    assert_eq!(status().await, "active");
}
