//! All recorded deliveries at hand, posted through the door.
//!
//! The recordings are not part of the repository: without them the tests are skipped.

use std::{
    fs,
    path::{Path, PathBuf},
};

use providers::Route;
use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    house::House,
    post::{Hook, Post},
};

fn recordings(provider: &str) -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("OZ_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let folder = shared.join("fixtures").join(provider);
    if folder.is_dir() {
        return Some(json_files(&folder));
    }
    println!("skipped: no recorded deliveries at {}", folder.display());
    None
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { json_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// Each delivery gets an integration of its own, since some end the connection or the source they come from; what it says it is
/// from is shared.
async fn connect(house: &House, n: usize, provider: &'static str, event: &str, body: &[u8]) -> Hook {
    let org = if n.is_multiple_of(2) { house.acme } else { house.other };
    let hook = house.connect(org, provider).await;
    if let Ok(Route::Source(key)) = providers::route(provider, event, body)
        && providers::source_key(provider, &key).is_some()
    {
        house.share(&hook, &[(&key, "org")]).await;
    }
    hook
}

/// Every delivery stands in its integration's ledger exactly once, and none is waiting. Returns those with this outcome.
async fn accounted(house: &House, posted: &[(Hook, String)], outcome: &str) -> Vec<String> {
    house.settled().await;
    let mut found = Vec::new();
    for (hook, name) in posted {
        let coverage = house.coverage(hook).await;
        let sum: u64 = coverage.lines.iter().map(|line| line.count).sum();
        assert_eq!((sum, coverage.received, coverage.pending), (1, 1, 0), "{name}: {:?}", coverage.lines);
        let line = &coverage.lines[0];
        if line.outcome == outcome {
            found.push(format!("{name}: {}", line.reason));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_delivery_of_github_is_taken_in_and_accounted_for() {
    let Some(files) = recordings("github") else { return };
    let house = House::open().await;
    let mut posted = Vec::new();
    for (n, path) in files.iter().enumerate() {
        let event = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let body = fs::read(path).unwrap();
        let hook = connect(&house, n, "github", event, &body).await;
        let post = Post::github(&hook, &hook.secret, event, &format!("d-{n}"), &body);
        assert_eq!(post.send(&house).await, StatusCode::ACCEPTED, "{}", path.display());
        posted.push((hook, path.display().to_string()));
    }
    assert_eq!(accounted(&house, &posted, "failed").await, [""; 0], "none that cannot be read");
    assert!(accounted(&house, &posted, "applied").await.len() > 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_delivery_of_slack_is_taken_in_or_refused_and_accounted_for() {
    let Some(files) = recordings("slack") else { return };
    let house = House::open().await;
    let mut posted = Vec::new();
    for (n, path) in files.iter().enumerate() {
        let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        // As published they are empty forms, without even a type; filled in they are deliveries.
        for (filled, expected) in [(false, StatusCode::BAD_REQUEST), (true, StatusCode::ACCEPTED)] {
            if filled {
                fill(&mut value);
                value["type"] = "event_callback".into();
                value["event_id"] = format!("Ev{n}").into();
            }
            let body = serde_json::to_vec(&value).unwrap();
            let event = value["event"]["type"].as_str().unwrap_or_default();
            let hook = connect(&house, n, "slack", event, &body).await;
            let status = Post::slack(&hook, &hook.secret, house.now(), &body).send(&house).await;
            assert_eq!(status, expected, "{} filled: {filled}", path.display());
            posted.push((hook, format!("{} filled: {filled}", path.display())));
        }
    }
    assert_eq!(accounted(&house, &posted, "failed").await, [""; 0], "none that cannot be read");
    assert_eq!(accounted(&house, &posted, "refused").await.len(), files.len(), "the empty ones");
}

fn fill(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if name == "channel_ids" {
                    *field = serde_json::json!(["C024BE91L", "C024BE92M"]);
                    continue;
                }
                let stand_in = match name.as_str() {
                    "ts" | "event_ts" | "deleted_ts" | "thread_ts" => "1700000000.000100",
                    "channel" | "channel_id" | "new_channel_id" | "old_channel_id" => "C024BE91L",
                    "user" | "id" | "file_id" | "bot_id" => "U024BE7LH",
                    "text" | "name" | "reaction" | "topic" => "words",
                    _ => "",
                };
                match field {
                    Value::String(text) if text.is_empty() => *text = stand_in.to_owned(),
                    other => fill(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fill),
        _ => {}
    }
}
