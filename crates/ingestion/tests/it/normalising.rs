//! From deliveries to items and events.

use events::topic;
use prost::Message;
use proto::events::v1::{AccountSeen, Activity, Content, Measure, Profile, Verb};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::Postgres;

use crate::{
    house::{House, Org, eventually},
    post::{issue, message, slack_event},
};

const CHANNEL: &str = "C024BE91L";

/// The only item of an organization as it stands, `None` when its content is gone.
async fn item(house: &House, org: Org) -> Option<Content> {
    let row = "select item_id || ' ' || coalesce(encode(content, 'hex'), '') from item where org_id = ";
    let row = house.look(&format!("{row} '{}'", org.id.uuid()));
    let (id, sealed) = row.split_once(' ').unwrap_or((&row, ""));
    let sealed = data_encoding::HEXLOWER.decode(sealed.as_bytes()).unwrap();
    if sealed.is_empty() {
        return None;
    }
    let id: uuid::Uuid = id.parse().unwrap();
    Some(Content::decode(&house.open_sealed(org, "item", id.as_bytes(), &sealed).await[..]).unwrap())
}

async fn accepted(house: &House, hook: &crate::post::Hook, delivery: &str, body: &Value) {
    let status = match hook.provider {
        "slack" => house.slack(hook, body).await,
        _ => house.github(hook, "issues", delivery, body).await,
    };
    assert_eq!(status, StatusCode::ACCEPTED);
    house.settled().await;
}

fn verbs(activities: &[Activity]) -> Vec<Verb> {
    activities.iter().map(Activity::verb).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_lives_through_its_events_as_one_item() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let theirs = house.connected(house.other, "github", "oz/web").await;
    accepted(&house, &theirs, "d-1", &issue("oz/web", "opened", 0, "Their title", "Their text")).await;

    accepted(&house, &hook, "d-1", &issue("oz/web", "opened", 0, "jackdaw title", "jackdaw text")).await;
    let first = item(&house, house.acme).await.unwrap();
    assert_eq!((first.title.as_str(), first.text.as_str()), ("jackdaw title", "jackdaw text"));
    accepted(&house, &hook, "d-2", &issue("oz/web", "edited", 5, "jackdaw again", "jackdaw text")).await;
    accepted(&house, &hook, "d-3", &issue("oz/web", "closed", 9, "jackdaw again", "jackdaw text")).await;
    let closed = item(&house, house.acme).await.unwrap();
    assert_eq!((closed.title.as_str(), closed.provider_state.as_str()), ("jackdaw again", "closed"));
    accepted(&house, &hook, "d-4", &issue("oz/web", "deleted", 9, "jackdaw again", "jackdaw text")).await;
    assert_eq!(item(&house, house.acme).await, None, "what is deleted there is gone here");
    let times = "select occurred_at = '2026-05-01 10:00:00Z' and edited_at = '2026-05-01 10:05:00Z' from item where content is null";
    assert_eq!(house.look(times), "t");

    let said = house.said::<Activity>(house.acme, topic::ACTIVITY).await;
    assert_eq!(verbs(&said), [Verb::Created, Verb::Edited, Verb::Completed, Verb::Deleted]);
    assert!(said.iter().all(|a| a.item_id == said[0].item_id && a.thing_id == said[0].thing_id));
    assert!(said.windows(2).all(|pair| pair[0].version_us <= pair[1].version_us));
    assert!(said[3].content.is_empty());
    let opened = house.open_sealed(house.acme, "item", &said[0].item_id, &said[0].content).await;
    assert_eq!(Content::decode(&opened[..]).unwrap(), first, "the event carries what the item holds");
    let measured = house.said::<Measure>(house.acme, topic::METADATA).await;
    assert_eq!(measured.iter().map(Measure::verb).collect::<Vec<_>>(), verbs(&said));

    let accounts = house.said::<AccountSeen>(house.acme, topic::ACCOUNT).await;
    assert_eq!(accounts.len(), 1, "a person is announced when new or changed, not with every event");
    let profile =
        house.open_sealed(house.acme, "account", &accounts[0].account_id, &accounts[0].profile).await;
    assert_eq!(Profile::decode(&profile[..]).unwrap().handle, "ada");

    assert_eq!(house.tables_with("jackdaw"), [""; 0], "neither the tables nor the bus hold it readable");
    assert_eq!(item(&house, house.other).await.unwrap().title, "Their title");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_lives_through_its_events_as_one_item() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", CHANNEL).await;
    let ts = "1777600000.000100";
    let changed = |text: &str| {
        slack_event(
            "Ev2",
            json!({
                "type": "message", "subtype": "message_changed", "channel": CHANNEL, "ts": "1777600060.000200",
                "event_ts": "1777600060.000200",
                "message": {"type": "message", "user": "U1", "text": text, "ts": ts, "edited": {"user": "U1", "ts": "1777600060.000000"}},
                "previous_message": {"type": "message", "user": "U1", "text": "magpie one", "ts": ts},
            }),
        )
    };
    let deleted = slack_event(
        "Ev3",
        json!({
            "type": "message", "subtype": "message_deleted", "channel": CHANNEL, "ts": "1777600120.000300",
            "event_ts": "1777600120.000300", "deleted_ts": ts,
            "previous_message": {"type": "message", "user": "U1", "text": "magpie two", "ts": ts},
        }),
    );
    accepted(&house, &hook, "", &message("Ev1", CHANNEL, ts, "magpie one")).await;
    assert_eq!(item(&house, house.acme).await.unwrap().text, "magpie one");
    accepted(&house, &hook, "", &changed("magpie two")).await;
    assert_eq!(item(&house, house.acme).await.unwrap().text, "magpie two");
    accepted(&house, &hook, "", &deleted).await;
    assert_eq!(item(&house, house.acme).await, None);
    accepted(&house, &hook, "", &message("Ev4", CHANNEL, ts, "magpie one")).await;
    assert_eq!(item(&house, house.acme).await, None, "what is gone stays gone, whatever comes late");
    let said = house.said::<Activity>(house.acme, topic::ACTIVITY).await;
    assert_eq!(verbs(&said), [Verb::Created, Verb::Edited, Verb::Deleted, Verb::Created]);
    assert_eq!(house.tables_with("magpie"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_told_by_its_key_until_its_profile_comes() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", CHANNEL).await;
    for (event, ts) in [("Ev1", "1777600000.000100"), ("Ev2", "1777600001.000100")] {
        accepted(&house, &hook, "", &message(event, CHANNEL, ts, "words")).await;
    }
    let profiles = async || {
        let mut profiles = Vec::new();
        for seen in house.said::<AccountSeen>(house.acme, topic::ACCOUNT).await {
            let profile = house.open_sealed(house.acme, "account", &seen.account_id, &seen.profile).await;
            let Profile { name, handle, email, .. } = Profile::decode(&profile[..]).unwrap();
            profiles.push([name, handle, email]);
        }
        profiles
    };
    assert_eq!(profiles().await, [["", "U1", ""]], "told once, and apart from the others");
    let user = json!({"id": "U1", "team_id": "T1", "profile": {"real_name": "Ada"}});
    let profile =
        slack_event("Ev3", json!({"type": "user_change", "user": user, "event_ts": "1777600002.000100"}));
    accepted(&house, &hook, "", &profile).await;
    accepted(&house, &hook, "", &message("Ev4", CHANNEL, "1777600003.000100", "words")).await;
    assert_eq!(
        profiles().await,
        [["", "U1", ""], ["Ada", "", ""]],
        "what stood in for a profile goes with it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_stands_in_whatever_order_they_come() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    for (delivery, action, minute, title) in
        [("d-1", "edited", 20, "newest"), ("d-2", "opened", 0, "oldest"), ("d-3", "edited", 10, "between")]
    {
        accepted(&house, &hook, delivery, &issue("oz/web", action, minute, title, "")).await;
        assert_eq!(item(&house, house.acme).await.unwrap().title, "newest", "after {delivery}");
    }
    let said = house.said::<Activity>(house.acme, topic::ACTIVITY).await;
    assert_eq!(said.len(), 3, "each is told, with its version, so that others decide alike");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_stands_when_all_are_worked_on_together() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let mut gate = gate(&house, "select pg_advisory_xact_lock(7301, n) from generate_series(0, 7) n").await;
    for (delivery, action, minute, title) in
        [("d-1", "edited", 20, "newest"), ("d-2", "opened", 0, "oldest"), ("d-3", "edited", 10, "between")]
    {
        let body = issue("oz/web", action, minute, title, "");
        assert_eq!(house.github(&hook, "issues", delivery, &body).await, StatusCode::ACCEPTED);
    }
    sqlx::raw_sql("commit").execute(&mut gate).await.unwrap();
    house.settled().await;
    assert_eq!(item(&house, house.acme).await.unwrap().title, "newest");
    assert_eq!(house.look("select min(occurred_at) = '2026-05-01 10:00:00Z' from item"), "t");
}

/// A transaction of the superuser that holds something until it commits.
async fn gate(house: &House, sql: &'static str) -> PgConnection {
    let url = Postgres::shared().url(testkit::SUPERUSER, &house.database);
    let mut gate = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("begin").execute(&mut gate).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut gate).await.unwrap();
    gate
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_several_organizations_are_made_durable_together() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", CHANNEL).await;
    let theirs = house.connected(house.other, "slack", CHANNEL).await;
    let mut shards = gate(&house, "select pg_advisory_xact_lock(7301, n) from generate_series(0, 7) n").await;
    let mut gate = gate(&house, "lock table delivery in share mode").await;
    let at = |n: usize| format!("17776000{n:02}.000100");
    let sending = async {
        // Ten each, and each of Acme's twice.
        let of = |hook, n: usize| {
            let body = message(&format!("Ev{n}"), CHANNEL, &at(n), "words");
            let house = &house;
            async move { house.slack(hook, &body).await }
        };
        let all = (0..10).flat_map(|n| [of(&hook, n), of(&theirs, n), of(&hook, n)]);
        futures::future::join_all(all).await
    };
    let opening = async {
        let stands = "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        eventually("the door stands at the gate", || async { house.look(stands) == "t" }).await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        sqlx::raw_sql("commit").execute(&mut gate).await.unwrap();
    };
    let (statuses, ()) = tokio::join!(sending, opening);
    assert!(statuses.iter().all(|status| *status == StatusCode::ACCEPTED), "{statuses:?}");
    let commits = house.look("select count(distinct xmin::text) from delivery").parse::<u32>().unwrap();
    assert!(commits <= 3, "twenty deliveries in {commits} commits");
    let mixed = "select max(n) from (select count(distinct org_id) as n from delivery group by xmin::text) c";
    assert_eq!(house.look(mixed), "2", "one commit served both organizations");
    sqlx::raw_sql("commit").execute(&mut shards).await.unwrap();
    house.settled().await;
    assert_eq!(house.ledger(&hook).await, ["message applied  10", "message repeated  10"]);
    assert_eq!(house.ledger(&theirs).await, ["message applied  10"]);
    assert_eq!(
        house.look("select string_agg(n::text, ',') from (select count(*) n from item group by org_id) c"),
        "10,10"
    );
}
