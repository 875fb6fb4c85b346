//! What every accepted delivery must have come to, once: story, hit, task or suggestion, and one in the figures.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    cluster::{Cluster, SERVICES},
    flow::{Accepted, Flow, Kind, PEOPLE, words},
};
use crate::{house::Caller, http};

/// How long what was accepted may take to arrive everywhere, on a machine that was just brought down many times.
const PATIENCE: Duration = Duration::from_secs(180);

/// Searches at the same time.
const ASKERS: usize = 4;

/// Asks until there is nothing to complain about.
#[track_caller]
pub fn settle(what: &str, mut complaint: impl FnMut() -> Option<String>) {
    let begun = Instant::now();
    while let Some(complaint) = complaint() {
        assert!(begun.elapsed() < PATIENCE, "{what}: {complaint}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn differ(got: impl std::fmt::Debug + PartialEq, wanted: impl std::fmt::Debug, same: bool) -> Option<String> {
    (!same).then(|| format!("{got:?} instead of {wanted:?}"))
}

/// No delivery waits, no event is on its way, none was buried.
pub fn nothing_waits(cluster: &Cluster) {
    settle("deliveries wait", || {
        let waiting = cluster.look("ingestion", "select count(*) from work");
        differ(&waiting, "0", waiting == "0")
    });
    for service in SERVICES {
        settle("events wait", || {
            let waiting = cluster.look(service, "select count(*) from outbox");
            differ(&waiting, service, waiting == "0")
        });
        let buried = cluster.look(service, "select count(*), min(type), min(reason) from dead_letter");
        assert!(buried.starts_with("0|"), "dead letters of {service}: {buried}");
    }
}

/// Every effect of every accepted delivery, exactly once.
pub fn each_once(owner: &Caller<'_>, flow: &Flow<'_>) {
    let accepted = flow.accepted();
    ledger(owner, flow, &accepted);
    figures(owner, flow, &accepted);
    let of = |kinds: &[Kind]| -> Vec<String> {
        accepted.iter().filter(|one| kinds.contains(&one.kind)).map(|one| one.word.clone()).collect()
    };
    let heads = of(&[Kind::Issue, Kind::Ask, Kind::Message]);
    listed_once(owner, "stories", "/api/v1/feed?scope=org&", &heads);
    listed_once(owner, "tasks", "/api/v1/tasks?", &of(&[Kind::Issue]));
    listed_once(owner, "suggestions", "/api/v1/suggestions?", &of(&[Kind::Ask]));
    activities(owner, &accepted);
    found_once(owner, &accepted);
}

/// Each word is found once.
fn found_once(owner: &Caller<'_>, accepted: &[Accepted]) {
    std::thread::scope(|scope| {
        for part in accepted.chunks(accepted.len().div_ceil(ASKERS).max(1)) {
            scope.spawn(move || {
                for one in part {
                    let hits = owner.search(&one.word);
                    assert_eq!(hits.len(), 1, "{:?} {}: {hits:?}", one.kind, one.word);
                }
            });
        }
    });
}

/// The coverage ledger: each received once, none failed.
fn ledger(owner: &Caller<'_>, flow: &Flow<'_>, accepted: &[Accepted]) {
    let of_github = accepted.iter().filter(|one| matches!(one.kind, Kind::Issue | Kind::Comment)).count();
    for (connection, wanted) in [(&flow.github, of_github), (&flow.slack, accepted.len() - of_github)] {
        settle("the ledger", || {
            let told = owner.get(&format!("/api/v1/integrations/{}/coverage", connection.id)).expect(200);
            assert_eq!(told["failed"], 0, "{told}");
            let got = (told["applied"].as_u64(), told["pending"].as_u64());
            differ(got, wanted, got == (Some(wanted as u64), Some(0)))
        });
    }
}

/// Figures are exact, and shown.
fn figures(owner: &Caller<'_>, flow: &Flow<'_>, accepted: &[Accepted]) {
    let count = |kinds: &[Kind]| accepted.iter().filter(|one| kinds.contains(&one.kind)).count() as u64;
    let day = clock::from_micros(flow.at_us).format("%Y-%m-%d");
    for (metric, wanted) in [
        ("tasks_opened", count(&[Kind::Issue])),
        ("messages", count(&[Kind::Comment, Kind::Ask, Kind::Message])),
        ("active_members", 2 * PEOPLE),
    ] {
        settle(metric, || {
            let told =
                owner.get(&format!("/api/v1/insights/{metric}?from={day}&to={day}&bucket=day")).expect(200);
            differ(&told["cells"], wanted, told["cells"][0]["value"].as_f64() == Some(wanted as f64))
        });
    }
}

/// Each word stands in exactly one of the items below a path.
fn listed_once(owner: &Caller<'_>, what: &str, path: &str, wanted: &[String]) {
    settle(what, || {
        let mut counts: BTreeMap<&str, usize> = wanted.iter().map(|word| (word.as_str(), 0)).collect();
        let items = everything(owner, path);
        for item in &items {
            let text = item.to_string();
            let mut within: Vec<&str> = words(&text).collect();
            within.sort_unstable();
            within.dedup();
            for word in within {
                if let Some(count) = counts.get_mut(word) {
                    *count += 1;
                }
            }
        }
        let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
        let some = wrong.iter().take(5).collect::<Vec<_>>();
        let told = format!("{} of {} not exactly once, as {some:?}", wrong.len(), wanted.len());
        if wrong.is_empty() {
            differ(items.len(), wanted.len(), items.len() == wanted.len())
        } else {
            Some(told)
        }
    });
}

/// An issue's story tells of its opening and its comment, once each.
fn activities(owner: &Caller<'_>, accepted: &[Accepted]) {
    let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
    for one in accepted.iter().filter(|one| matches!(one.kind, Kind::Issue | Kind::Comment)) {
        *wanted.entry(one.of.as_str()).or_default() += 1;
    }
    settle("activities", || {
        let stories = everything(owner, "/api/v1/feed?scope=org&");
        let wrong: Vec<_> = stories
            .iter()
            .filter_map(|story| Some((story, *wanted.get(story["title"].as_str()?)?)))
            .filter(|(story, wanted)| story["activity_count"].as_u64() != Some(*wanted))
            .map(|(story, wanted)| {
                format!("{} {} instead of {wanted}", story["title"], story["activity_count"])
            })
            .take(5)
            .collect();
        (!wrong.is_empty()).then(|| format!("{wrong:?}"))
    });
}

/// Everything below a path, page by page.
fn everything(caller: &Caller<'_>, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}limit=100{cursor}")).expect(200);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", http::query(next)),
            None => return items,
        }
    }
}
