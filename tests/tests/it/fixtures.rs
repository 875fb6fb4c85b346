//! Every recorded delivery is taken, and the coverage ledger accounts for each.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    golden,
    house::{House, eventually},
    signed::Connection,
    summary,
};

fn fixtures(provider: &str) -> Vec<PathBuf> {
    let shared = std::env::var_os("OZ_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let mut files = Vec::new();
    let mut folders = vec![shared.join("fixtures").join(provider)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        println!("skipped: no fixtures of {provider} below {}", shared.display());
    }
    files
}

#[test]
fn every_recorded_delivery_of_github_is_taken_and_accounted_for() {
    let files = fixtures("github");
    if files.is_empty() {
        return;
    }
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@github-fixtures.example");
    let deliveries: Vec<(String, Vec<u8>)> = files
        .iter()
        .filter_map(|path| {
            let folder = path.parent()?.file_name()?.to_str()?.to_owned();
            (folder != "github").then(|| (folder, fs::read(path).unwrap()))
        })
        .collect();
    let repositories: BTreeSet<String> = deliveries
        .iter()
        .filter_map(|(_, body)| serde_json::from_slice::<Value>(body).ok())
        .filter_map(|body| body["repository"]["full_name"].as_str().map(str::to_owned))
        .collect();
    let sources: Vec<(&str, &str)> = repositories.iter().map(|key| (key.as_str(), "org")).collect();
    let github = Connection::make(&owner, "github", "GitHub", &sources);
    for (event, body) in &deliveries {
        let answer = github.github(house, event, body);
        assert_eq!(answer.status, 202, "{event}: {}", answer.text());
    }
    let told = eventually("all are accounted for", || {
        let told = owner.get(&format!("/api/v1/integrations/{}/coverage", github.id)).expect(200);
        (told["pending"] == 0 && told["received"] == deliveries.len()).then_some(told)
    });
    assert_eq!(told["failed"], 0, "{told}");
    let rows = told["items"].as_array().unwrap();
    let counted: u64 = rows.iter().filter_map(|row| row["count"].as_u64()).sum();
    assert_eq!(counted, deliveries.len() as u64, "each is in a row by name");
    let silent = rows.iter().filter(|row| row["outcome"] == "skipped" && row["reason"].is_null()).count();
    assert_eq!(silent, 0, "nothing is skipped without a reason");
    let feed = owner.items("/api/v1/feed?scope=org&limit=100");
    assert!(feed.len() >= 20, "{} stories", feed.len());
    assert!(feed.iter().all(|story| !story["why"].as_array().unwrap().is_empty()));
    let mut known: Vec<String> = rows.iter().map(ledger_row).collect();
    known.sort();
    known.extend(summary::settled(&owner));
    golden::holds("recorded-github.txt", &known);
}

fn ledger_row(row: &Value) -> String {
    let told = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    format!("ledger {} {} {} {}", told("event"), told("outcome"), told("reason"), row["count"])
}

#[test]
fn every_recorded_request_of_slack_is_answered_as_documented() {
    let files = fixtures("slack");
    if files.is_empty() {
        return;
    }
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@slack-fixtures.example");
    let slack = Connection::make(&owner, "slack", "Slack", &[("C0SALES01", "org")]);
    let mut taken = 0;
    for path in &files {
        let answer = slack.slack_at(house, &fs::read(path).unwrap(), 0).unwrap();
        let kind = answer.json()["type"].as_str().unwrap_or_default().to_owned();
        match answer.status {
            202 => taken += 1,
            // The recorded shapes are emptied of their values: what has no event id or no channel is no delivery of Slack.
            400 => assert!(kind.ends_with("malformed-delivery"), "{}: {}", path.display(), answer.text()),
            200 => {}
            other => panic!("{}: {other} {}", path.display(), answer.text()),
        }
    }
    println!("{taken} of {} taken", files.len());
}
