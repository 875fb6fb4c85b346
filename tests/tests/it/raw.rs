//! What lies behind the doors tells nothing: the bytes of the data folder, of Redis and of the topics; and what was not shared
//! or not signed is not there at all. What was there before a stop is there after it.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::{Value, json};
use testkit::Kafka;

use crate::{
    house::{Caller, House, canary, eventually},
    scene::Scene,
    signed::{Connection, github_delivery, github_issue, slack_envelope, slack_message, slack_ts},
    traces::{self, Traces},
};

/// Walks through everything that can be read, as somebody who looks for it would.
fn read_everything(caller: &Caller<'_>, word: &str) {
    for path in [
        "/api/v1/feed?scope=org",
        "/api/v1/feed/stream",
        "/api/v1/tasks",
        "/api/v1/suggestions",
        "/api/v1/members",
        "/api/v1/teams",
        "/api/v1/lists",
        "/api/v1/integrations",
        "/api/v1/identities",
        "/api/v1/invitations",
        "/api/v1/privacy/access-log",
        "/api/v1/insights/messages",
        "/api/v1/me",
        "/api/v1/org",
    ] {
        assert_eq!(caller.get(path).status, 200, "{path}");
    }
    // Words that are asked for, and wrong requests that hold them, are not kept either.
    assert_eq!(caller.get(&format!("/api/v1/search?q={word}")).status, 200);
    assert!(caller.get(&format!("/api/v1/search?q={word}&order={word}")).status >= 400);
    assert_eq!(caller.get(&format!("/api/v1/messages/{word}")).status, 404);
    let broken = format!("{{\"title\": \"{word}\"");
    assert!(
        caller.call("POST", "/api/v1/tasks", Some(("application/json", broken.as_bytes()))).status >= 400
    );
}

/// Sends what must not be kept, each with words of its own; how many of them are refused for which reason.
fn send_what_is_not_kept(house: &House, scene: &Scene<'_>) {
    let issue = |repository: &str| {
        let issue = github_issue(repository, 1, &canary("unsharedtitle"), "open");
        github_delivery(repository, "opened", json!({"issue": issue}))
    };
    let message =
        |channel: &str| slack_envelope(&slack_message(channel, "U1", &canary("unsharedtext"), &slack_ts()));
    let unshared = format!("acme/{}", canary("unsharedrepository"));
    assert_eq!(scene.github.github(house, "issues", &issue(&unshared)).status, 202);
    let channel = canary("c").to_uppercase();
    assert_eq!(scene.slack.slack_at(house, message(&channel).as_bytes(), 0).unwrap().status, 202);

    let shared = format!("acme/{}", scene.words.repository);
    let of_the_rival = Connection::make(&scene.rival, "github", "GitHub", &[]).secret;
    for secret in [canary("guessed"), of_the_rival] {
        let forged = Connection { id: scene.github.id.clone(), secret };
        assert_eq!(forged.github(house, "issues", &issue(&shared)).status, 401);
    }
    assert_eq!(
        scene.slack.slack_at(house, message(crate::scene::OPEN).as_bytes(), -900).unwrap().status,
        401
    );
}

/// The ledger counts what was not kept, by name and reason, and holds nothing of it.
fn assert_counted(scene: &Scene<'_>) {
    let count = |connection: &Connection, event: &str, outcome: &str, reason: &str| {
        let told = scene.owner.get(&format!("/api/v1/integrations/{}/coverage", connection.id)).expect(200);
        let lines = told["items"].as_array().unwrap().clone();
        let named =
            |line: &Value| line["event"] == event && line["outcome"] == outcome && line["reason"] == reason;
        let counts: Vec<u64> =
            lines.iter().filter(|line| named(line)).filter_map(|line| line["count"].as_u64()).collect();
        counts.iter().sum::<u64>()
    };
    assert_eq!(count(&scene.github, "issues", "skipped", "source_not_shared"), 1);
    assert_eq!(count(&scene.slack, "message", "skipped", "source_not_shared"), 1);
    assert_eq!(count(&scene.github, "unverified", "refused", "wrong_signature"), 2);
    assert_eq!(count(&scene.slack, "unverified", "refused", "stale"), 1);
    let kept = scene.owner.items(&format!("/api/v1/integrations/{}/deliveries?limit=100", scene.github.id));
    assert_eq!(kept.len(), 1, "only the shared repository's delivery is kept");
}

/// The words that stand in Redis, of which all is looked at, uncompressed.
fn told_by_redis(house: &House) -> BTreeSet<String> {
    const CONTROL: &str = "acontrolwordthatstandsinredis";
    let configuration = house.configuration();
    let socket =
        configuration["redis"]["url"].as_str().unwrap().strip_prefix("redis+unix://").unwrap().to_owned();
    let ask = |arguments: &[&str]| {
        let done = Command::new("redis-cli").args(["-s", &socket]).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    ask(&["config", "set", "rdbcompression", "no"]);
    ask(&["set", "control", CONTROL, "ex", "60"]);
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    ask(&["--rdb", dump.to_str().unwrap()]);
    let mut words = traces::known();
    words.push(CONTROL.to_owned());
    let mut told = Traces::of(&words).in_files(&dump);
    assert!(told.remove(CONTROL), "the search is blind");
    told
}

/// Folders hold a text that must be in them, and none of the words.
fn assert_nothing_in(folder: &Path, control: &str) {
    let mut words = traces::known();
    words.push(control.to_owned());
    let mut told = Traces::of(&words).in_files(folder);
    assert!(told.remove(control), "{control} is not found in {}: the search is blind", folder.display());
    assert!(told.is_empty(), "{} holds {told:?}", folder.display());
}

fn live_a_little(house: &House) -> Scene<'_> {
    let scene = Scene::set(house);
    send_what_is_not_kept(house, &scene);
    for caller in [&scene.owner, &scene.rival] {
        read_everything(caller, &scene.words.open);
    }
    eventually("all is accounted for", || {
        let path = format!("/api/v1/integrations/{}/coverage", scene.github.id);
        (scene.owner.get(&path).expect(200)["pending"] == 0).then_some(())
    });
    assert_counted(&scene);
    scene
}

#[test]
fn nothing_that_is_kept_can_be_read_from_behind_and_all_of_it_survives_a_restart() {
    let house = House::open();
    let scene = live_a_little(&house);
    let in_redis = told_by_redis(&house);
    assert!(in_redis.is_empty(), "Redis holds {in_redis:?}");
    house.stop();
    // Topics are tables here.
    assert_nothing_in(&house.data(), "oz.events.v1.Activity");

    house.start();
    let words = &scene.words;
    eventually("the message is found again", || scene.owner.search(&words.open).pop());
    assert_eq!(scene.insider.search(&words.hidden).len(), 1);
    assert!(scene.outsider.search(&words.hidden).is_empty());
    assert!(!scene.owner.items("/api/v1/feed?scope=org").is_empty());
    let tasks = scene.owner.items("/api/v1/tasks?limit=100");
    assert!(tasks.iter().any(|task| task["title"] == words.task.as_str()));
}

#[test]
fn topics_on_kafka_hold_nothing_that_can_be_read() {
    let mut kafka = Kafka::start().unwrap();
    let house = House::open_on(Some(kafka.brokers()));
    let _scene = live_a_little(&house);
    house.stop();
    kafka.kill().unwrap();
    assert_nothing_in(&kafka.data_folder(), "oz.events.v1.Activity");
    assert_nothing_in(&house.data(), "oz.ingestion.activity.v1");
}
