//! Arrows point down only, and some never at all.

use std::collections::BTreeSet;

use super::Violation;
use crate::workspace::{Crate, Workspace};

/// Lower may not know higher. In the layer of the services nobody knows a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// Rules and values: no input, no output, no waiting.
    Pure,
    /// What crosses between services.
    Contract,
    /// The outside world, without a noun of the domain.
    Adapter,
    /// The nouns, one service each, and the gateway before them.
    Service,
    /// The program that puts them together.
    Binary,
    /// End-to-end tests and benchmarks: outside, through the public doors.
    Outside,
    /// For tests and house rules only: never a normal dependency of production.
    House,
}

/// Every crate has a place. A new one is entered here first.
const LAYERS: &[(Layer, &[&str])] = &[
    (Layer::Pure, &["ids", "clock", "access", "sealing", "extraction", "providers", "blind"]),
    (Layer::Contract, &["proto", "events"]),
    (Layer::Adapter, &["settings", "telemetry", "lifecycle", "pg", "kv", "bus", "outbox", "rpc", "keyring"]),
    (Layer::Service, &["identity", "ingestion", "task", "feed", "aggregation", "gateway"]),
    (Layer::Binary, &["oz"]),
    (Layer::Outside, &["journeys", "bench"]),
    (Layer::House, &["testkit", "training", "xtask"]),
];

/// Libraries that do input or output, or wait: not for pure crates.
const IMPURE: &[&str] =
    &["axum", "hyper", "rdkafka", "redis", "reqwest", "sqlx", "tokio", "tokio-postgres", "tonic", "tower"];

/// Crates that may not reach others by any path: (who, whom, why).
const NEVER: &[(&str, &[&str], &str)] =
    &[("aggregation", &["keyring", "sealing"], "it counts metadata and holds no content key")];

fn layer(name: &str) -> Option<Layer> {
    LAYERS.iter().find(|(_, names)| names.contains(&name)).map(|(layer, _)| *layer)
}

/// Checks every dependency of every member.
pub(super) fn check(workspace: &Workspace, violations: &mut Vec<Violation>) {
    for member in &workspace.crates {
        let manifest = format!("{}/Cargo.toml", member.folder);
        let mut refuse = |rule, remedy: String| violations.push(Violation::new(&manifest, 1, rule, remedy));
        let Some(own) = layer(&member.name) else {
            refuse("layers", format!("give `{}` a layer in crates/xtask/src/arch/layers.rs", member.name));
            continue;
        };
        for dependency in &member.dependencies {
            let name = dependency.name.as_str();
            if own == Layer::Pure && !dependency.dev && IMPURE.contains(&name) {
                refuse("pure", format!("drop `{name}`: a pure crate does no input or output"));
            }
            if let Some(other) = layer(name)
                && let Some(why) = wrong_way(own, other, dependency.dev)
            {
                refuse("layers", format!("`{}` may not depend on `{name}`: {why}", member.name));
            }
        }
        for (who, whom, why) in NEVER.iter().filter(|(who, ..)| *who == member.name) {
            for reached in closure(workspace, member).intersection(&whom.iter().copied().collect()) {
                refuse("no keys", format!("`{who}` reaches `{reached}`: {why}"));
            }
        }
    }
}

/// Why an arrow from `own` to `other` is wrong, if it is.
fn wrong_way(own: Layer, other: Layer, dev: bool) -> Option<&'static str> {
    match (own, other) {
        (Layer::House, _) => None,
        (_, Layer::House) if dev || own == Layer::Outside => None,
        (_, Layer::House) => Some("testkit and xtask are for tests only"),
        (Layer::Service, Layer::Service) => Some("services know each other's contracts, never each other"),
        (own, other) if other > own => Some("arrows point down: pure ← contracts ← adapters ← services ← oz"),
        _ => None,
    }
}

/// Every member that `start` is built with, by any path of normal and build dependencies.
fn closure<'a>(workspace: &'a Workspace, start: &'a Crate) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(member) = open.pop() {
        for dependency in member.dependencies.iter().filter(|d| !d.dev) {
            if let Some(next) = workspace.member(&dependency.name)
                && reached.insert(next.name.as_str())
            {
                open.push(next);
            }
        }
    }
    reached
}
