//! All recorded deliveries at hand, against a golden list of what each says.
//!
//! The recordings are not part of the repository: without them the tests are skipped. To renew the lists after an
//! intended change, run with `OZ_GOLDEN=write` and read the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use providers::{Fact, Reading, Route};

use crate::deliveries::assert_belongs;

fn recorded(provider: &str) -> Option<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("OZ_SHARED").map_or_else(|| project.join("../shared"), PathBuf::from);
    let folder = shared.join("fixtures").join(provider);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recorded deliveries at {}", folder.display());
    None
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { json_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn says(fact: &Fact) -> String {
    match fact {
        Fact::Activity(activity) => format!("{:?} {} of {}", activity.verb, activity.item, activity.thing),
        Fact::Person(person) => format!("Person verified={}", person.email_verified),
        Fact::Membership(membership) => format!("Membership present={}", membership.present),
        Fact::Source(change) => format!("{:?}", change.change),
        Fact::Disconnected { reason } => format!("Disconnected {reason}"),
    }
}

/// What one recording comes to, checking on the way that reading and routing agree.
fn summary(provider: &str, event: &str, body: &[u8]) -> String {
    let route = providers::route(provider, event, body);
    match (route, providers::read(provider, event, body)) {
        (Err(error), read) => {
            assert_eq!(read, Err(error.clone()), "an unroutable delivery is unreadable");
            format!("error: {error}")
        }
        (Ok(_), Err(error)) => format!("error: {error}"),
        (Ok(Route::Unsupported(reason)), read) => {
            assert_eq!(read, Ok(Reading::Skipped(reason)));
            format!("unsupported: {reason}")
        }
        (Ok(_), Ok(Reading::Skipped(reason))) => format!("skipped: {reason}"),
        (Ok(route), Ok(Reading::Facts(facts))) => {
            assert_belongs(&route, &facts);
            let said: Vec<String> = facts.iter().map(says).collect();
            said.join("; ")
        }
    }
}

fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("OZ_GOLDEN").is_some_and(|mode| mode == "write") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(&path, found).expect("writable");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(expected, found, "{name}");
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "{name}: number of recordings");
}

#[test]
fn every_recorded_github_delivery_says_what_it_should() {
    let Some(folder) = recorded("github") else { return };
    let mut lines = String::new();
    for path in json_files(&folder) {
        let event = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).expect("an event");
        let name = path.strip_prefix(&folder).expect("inside").display().to_string();
        let body = fs::read(&path).expect("readable");
        writeln!(lines, "{name}: {}", summary("github", event, &body)).expect("written");
    }
    assert!(!lines.contains("unsupported_"), "an event or action without a decision:\n{lines}");
    assert!(!lines.contains("error: "), "a recorded delivery that cannot be read:\n{lines}");
    assert_golden("github.txt", &lines);
}

/// These recordings show shapes only: most ids are empty, which must be an error and never a key.
#[test]
fn every_recorded_slack_shape_is_read_or_refused() {
    let Some(folder) = recorded("slack") else { return };
    let mut lines = String::new();
    for path in json_files(&folder) {
        let body = fs::read(&path).expect("readable");
        let value: serde_json::Value = serde_json::from_slice(&body).expect("json");
        let event = value["event"]["type"].as_str().expect("an event");
        let name = path.file_name().expect("a file").display().to_string();
        writeln!(lines, "{name}: {}", summary("slack", event, &body)).expect("written");
    }
    assert_golden("slack.txt", &lines);
}

/// The same shapes with believable ids in place of the empty ones: then all of them are read.
#[test]
fn every_recorded_slack_shape_with_ids_is_read() {
    let Some(folder) = recorded("slack") else { return };
    let mut lines = String::new();
    for path in json_files(&folder) {
        let mut value: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).expect("readable")).expect("json");
        fill(&mut value);
        let event = value["event"]["type"].as_str().expect("an event").to_owned();
        let name = path.file_name().expect("a file").display().to_string();
        let body = serde_json::to_vec(&value).expect("json");
        writeln!(lines, "{name}: {}", summary("slack", &event, &body)).expect("written");
    }
    assert!(!lines.contains("error: "), "a documented shape that cannot be read:\n{lines}");
    assert_golden("slack_filled.txt", &lines);
}

fn fill(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let stand_in = match name.as_str() {
                    "ts" | "event_ts" | "deleted_ts" | "thread_ts" => "1700000000.000100",
                    "channel" | "channel_id" | "new_channel_id" | "old_channel_id" => "C024BE91L",
                    "user" | "id" | "file_id" | "bot_id" => "U024BE7LH",
                    "channel_ids" => {
                        *field = serde_json::json!(["C024BE91L", "C024BE92M"]);
                        continue;
                    }
                    "text" | "name" | "reaction" | "topic" => "words",
                    _ => "",
                };
                match field {
                    serde_json::Value::String(text) if text.is_empty() => *text = stand_in.to_owned(),
                    other => fill(other),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(fill),
        _ => {}
    }
}
