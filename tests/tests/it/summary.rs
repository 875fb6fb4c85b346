//! What an organization knows, in lines that are the same on every run. Texts are not said but hashed: the recorded deliveries
//! are not this project's to publish.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use data_encoding::HEXLOWER;
use ring::digest;
use serde_json::Value;

use crate::{house::Caller, http};

/// Words and operators to search for.
const SEARCHES: [&str; 16] = [
    "update",
    "fix",
    "readme",
    "test",
    "\"pull request\"",
    "update -readme",
    "kind:task",
    "kind:change",
    "kind:message",
    "in:nowhere",
    "before:2020-01-01",
    "after:2020-01-01 update",
    "radishes",
    "\"the list of stalls\"",
    "from:ada",
    "radishes from:ben",
];

/// The whole of it, once nothing changes any more.
pub fn settled(caller: &Caller<'_>) -> Vec<String> {
    let mut seen = summary(caller);
    let mut calm = 0;
    for _ in 0..120 {
        std::thread::sleep(Duration::from_secs(1));
        let now = summary(caller);
        calm = if now == seen { calm + 1 } else { 0 };
        if calm == 3 {
            return seen;
        }
        seen = now;
    }
    panic!("what is known does not come to rest");
}

fn summary(caller: &Caller<'_>) -> Vec<String> {
    let mut rows = Vec::new();
    for story in everything(caller, "/api/v1/feed?scope=org&") {
        let mut done: Vec<String> = list(&story["activities"])
            .iter()
            .map(|activity| format!("{} {}", word(&activity["verb"]), word(&activity["kind"])))
            .collect();
        done.sort();
        // Of titles given at the same moment, the story's is the one of the smaller id, and ids differ between organizations.
        let titles: BTreeSet<String> =
            list(&story["activities"]).iter().map(|activity| hash(&activity["title"])).collect();
        let titles: Vec<String> = titles.into_iter().collect();
        let (kind, count) = (word(&story["kind"]), &story["activity_count"]);
        let actors = list(&story["actors"]).len();
        rows.push(format!("story {kind} by {actors}, {count}: {}: {}", titles.join(" "), done.join(", ")));
    }
    for task in everything(caller, "/api/v1/tasks?") {
        let (state, due) = (word(&task["state"]), &task["due_on"]);
        rows.push(format!("task {state} {} due {due}", hash(&task["title"])));
    }
    for found in everything(caller, "/api/v1/suggestions?") {
        let (kind, due) = (word(&found["kind"]), &found["due_on"]);
        rows.push(format!("suggestion {kind} {} due {due}", hash(&found["quote"])));
    }
    rows.sort();
    rows.extend(SEARCHES.iter().map(|text| {
        let found = caller.get(&format!("/api/v1/search?q={}", http::query(text))).expect(200);
        format!("search {text}: {}", found["total"])
    }));
    for metric in everything(caller, "/api/v1/insights?") {
        rows.push(figure(caller, word(&metric["name"])));
    }
    rows
}

/// A metric by month: how often it says what.
fn figure(caller: &Caller<'_>, metric: &str) -> String {
    let path = format!("/api/v1/insights/{metric}?bucket=month&from=2019-01-01&to=2022-01-01");
    let mut cells: BTreeMap<String, usize> = BTreeMap::new();
    for cell in list(&caller.get(&path).expect(200)["cells"]) {
        *cells.entry(format!("{} {}", cell["value"], cell["suppressed"])).or_default() += 1;
    }
    format!("figure {metric}: {cells:?}")
}

/// Everything below a path that ends with `?` or `&`, page by page.
fn everything(caller: &Caller<'_>, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}limit=100{cursor}")).expect(200);
        items.extend(list(&page["items"]).iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", http::query(next)),
            None => return items,
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// Tells texts apart without telling them.
fn hash(value: &Value) -> String {
    HEXLOWER.encode(&digest::digest(&digest::SHA256, word(value).as_bytes()).as_ref()[..4])
}
