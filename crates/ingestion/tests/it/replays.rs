//! Deliveries worked on again, those that cannot be read, and places in the queue that nobody laid down.

use events::topic;
use proto::{events::v1::Activity, ingestion::v1::*};
use reqwest::StatusCode;
use serde_json::json;
use tonic::Code;

use crate::{
    house::{House, code},
    post::{Hook, issue},
};

const ITEMS: &str = "select string_agg(concat_ws(',', item_id, thing_id, account_id, occurred_at, edited_at, version, content is null), ';' order by item_id) from item";

async fn replay(house: &House, hook: &Hook, delivery: &str) -> Result<Delivery, tonic::Status> {
    let request = ReplayDeliveryRequest { integration_id: hook.id.clone(), delivery_id: delivery.to_owned() };
    let answer = house.integrations().replay_delivery(house.by(hook.org.admin, request)).await?;
    Ok(answer.into_inner().delivery.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn replaying_a_delivery_meets_the_effects_of_its_first_time() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    for (delivery, action, minute) in [("d-1", "opened", 0), ("d-2", "edited", 5)] {
        let body = issue("oz/web", action, minute, action, "Text");
        assert_eq!(house.github(&hook, "issues", delivery, &body).await, StatusCode::ACCEPTED);
    }
    house.settled().await;
    let before = house.look(ITEMS);
    let all = house.deliveries(&hook, "applied").await;
    assert_eq!(all.iter().map(|d| (d.attempts, d.source.as_str())).collect::<Vec<_>>(), [(1, "oz/web"); 2]);
    for delivery in &all {
        assert_eq!(replay(&house, &hook, &delivery.id).await.unwrap().state, "pending");
        house.settled().await;
        assert_eq!(house.look(ITEMS), before);
    }
    let again = house.deliveries(&hook, "applied").await;
    assert_eq!(again.iter().map(|d| d.attempts).collect::<Vec<_>>(), [2, 2]);
    let mut told: Vec<_> = house.said::<Activity>(house.acme, topic::ACTIVITY).await;
    told.iter_mut().for_each(|activity| activity.content.clear());
    let distinct: std::collections::HashSet<_> =
        told.iter().map(|a| (a.item_id.clone(), a.version_us, a.verb)).collect();
    assert_eq!((told.len(), distinct.len()), (4, 2), "told again with the same ids and versions");
    assert_eq!(house.ledger(&hook).await, ["issues applied  2"], "and counted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_cannot_be_read_is_kept_with_the_reason_and_can_be_replayed() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let broken = json!({"action": "opened", "repository": {"id": 1, "full_name": "oz/web"}, "issue": {"number": "seven"}});
    assert_eq!(house.github(&hook, "issues", "d-1", &broken).await, StatusCode::ACCEPTED);
    let fine = issue("oz/web", "opened", 0, "Title", "Text");
    assert_eq!(house.github(&hook, "issues", "d-2", &fine).await, StatusCode::ACCEPTED);
    house.settled().await;
    let failed = house.deliveries(&hook, "failed").await;
    assert_eq!(failed.len(), 1);
    assert!(failed[0].reason.contains("issue"), "{}", failed[0].reason);
    assert!(!failed[0].reason.contains("seven"), "a reason says where, never what");
    assert_eq!(house.deliveries(&hook, "applied").await.len(), 1, "its neighbour is not held up");
    let coverage = house.coverage(&hook).await;
    assert_eq!((coverage.received, coverage.applied, coverage.failed, coverage.pending), (2, 1, 1, 0));
    let forged = Hook { secret: "another".to_owned(), id: hook.id.clone(), ..hook };
    assert_eq!(house.github(&forged, "issues", "d-3", &fine).await, StatusCode::UNAUTHORIZED);
    for (event, delivery) in [("issues", "d-2"), ("issues", "d-2"), ("gollum_unheard_of", "d-4")] {
        assert_eq!(house.github(&hook, event, delivery, &fine).await, StatusCode::ACCEPTED);
    }
    house.settled().await;
    let sums = house.coverage(&hook).await;
    let parts = [sums.applied, sums.skipped, sums.failed, sums.pending, sums.repeated, sums.refused];
    assert_eq!((sums.received, parts), (6, [1, 1, 1, 0, 2, 1]));
    assert_eq!(sums.received, parts.iter().sum::<u64>(), "nothing is silent");

    replay(&house, &hook, &failed[0].id).await.unwrap();
    house.settled().await;
    let again = house.deliveries(&hook, "failed").await;
    assert_eq!((again.len(), again[0].attempts, &again[0].reason), (1, 2, &failed[0].reason));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_deliveries_are_replayed_and_only_where_they_belong() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let second = house.connected(house.acme, "github", "oz/web").await;
    let theirs = house.connected(house.other, "github", "oz/web").await;
    let body = issue("oz/web", "opened", 0, "Title", "Text");
    assert_eq!(house.github(&hook, "issues", "d-1", &body).await, StatusCode::ACCEPTED);
    house.settled().await;
    let delivery = house.deliveries(&hook, "").await.remove(0).id;
    for wrong in [&second, &theirs] {
        assert_eq!(code(&replay(&house, wrong, &delivery).await), Code::NotFound);
    }
    let foreign = Hook { org: house.other, provider: "github", id: hook.id.clone(), secret: String::new() };
    assert_eq!(code(&replay(&house, &foreign, &delivery).await), Code::NotFound);
    assert_eq!(house.deliveries(&hook, "").await[0].attempts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_forged_places_are_set_aside_and_counted_and_the_honest_one_behind_them_is_worked_on() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let body = issue("oz/web", "opened", 0, "Title", "Text");
    assert_eq!(house.github(&hook, "issues", "d-1", &body).await, StatusCode::ACCEPTED);
    house.settled().await;
    house.look(
        "insert into work (org_id, shard, delivery_id, ticket)
         select org_id, shard, delivery_id, decode(repeat('ab', length), 'hex')
         from delivery, generate_series(0, 7) shard, generate_series(1, 300) n, lateral (select n % 40 as length) ticket",
    );
    let edited = issue("oz/web", "edited", 5, "Title", "Text");
    assert_eq!(house.github(&hook, "issues", "d-2", &edited).await, StatusCode::ACCEPTED);
    house.settled().await;
    let attempts: Vec<_> = house.deliveries(&hook, "applied").await.iter().map(|d| d.attempts).collect();
    assert_eq!(attempts, [1, 1], "the honest ones, once each");
    assert_eq!(house.count("refused_work"), 2_400, "kept for whoever looks into it");
}
