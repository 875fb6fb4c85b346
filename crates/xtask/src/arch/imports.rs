//! Where a library may be named. A library that is not in the table may be named anywhere.

use super::Violation;
use super::source::{Source, word_positions};

/// The five services; the gateway has rows of its own.
const SERVICES: &[&str] = &["identity", "ingestion", "task", "feed", "aggregation"];

/// One row: `libraries` may be named in the crates of `anywhere` and in the rooms of `rooms`.
struct Place {
    /// The rule's name in the output.
    rule: &'static str,
    libraries: &'static [&'static str],
    /// Crates in which every room may.
    anywhere: &'static [&'static str],
    /// (crates, rooms): a room is a path in the crate without `.rs`, itself or as a folder; a closing `*` is any ending.
    rooms: &'static [(&'static [&'static str], &'static [&'static str])],
    remedy: &'static str,
}

const PLACES: &[Place] = &[
    Place {
        rule: "sqlx",
        libraries: &["sqlx"],
        anywhere: &["pg", "bus", "outbox"],
        rooms: &[(SERVICES, &["src/store"])],
        remedy: "statements live in `src/store/`",
    },
    Place {
        rule: "tonic",
        libraries: &["tonic", "tonic_prost", "prost"],
        anywhere: &["proto", "events", "rpc", "keyring", "outbox", "gateway", "oz"],
        rooms: &[(SERVICES, &["src/rpc", "src/events*", "src/consume*", "src/normalise"])],
        remedy: "the wire is spoken in `src/rpc/`; `src/events*`, `src/consume*` and ingestion's `src/normalise` read and write event contracts",
    },
    Place {
        rule: "proto",
        libraries: &["proto"],
        anywhere: &["events", "rpc", "keyring", "outbox", "gateway", "oz"],
        rooms: &[(SERVICES, &["src/rpc", "src/events*", "src/consume*", "src/normalise"])],
        remedy: "translate wire types to the service's own at the door: `src/rpc/`, `src/events*`, `src/consume*`, `src/normalise`",
    },
    Place {
        rule: "rdkafka",
        libraries: &["rdkafka"],
        anywhere: &["bus"],
        rooms: &[],
        remedy: "use the traits of the `bus` crate",
    },
    Place {
        rule: "redis",
        libraries: &["redis"],
        anywhere: &["kv"],
        rooms: &[],
        remedy: "use the `kv` crate",
    },
    Place {
        rule: "axum",
        libraries: &["axum", "tower_http"],
        anywhere: &["gateway", "telemetry"],
        rooms: &[(&["ingestion"], &["src/door*"])],
        remedy: "HTTP is the gateway's, and ingestion's hook door's (`src/door*`)",
    },
    Place {
        rule: "http",
        libraries: &["http"],
        anywhere: &["gateway", "telemetry", "rpc"],
        rooms: &[(&["ingestion"], &["src/door*"])],
        remedy: "HTTP is the gateway's, and ingestion's hook door's (`src/door*`)",
    },
];

/// Crates that the rows do not bind: they stand outside and use what they test or measure. The limits of `bench` speak SQL because
/// they are measured against PostgreSQL itself.
const UNBOUND: &[&str] = &["testkit", "xtask", "journeys", "bench"];

/// Looks for the first misplaced use of each library on each line of production code.
pub(super) fn check(source: &Source<'_>, violations: &mut Vec<Violation>) {
    let owner = source.file.owner.as_str();
    if UNBOUND.contains(&owner) || !source.is_production_file() {
        return;
    }
    for place in PLACES.iter().filter(|place| !place.admits(owner, &source.file.room)) {
        for library in place.libraries {
            for position in word_positions(&source.code, library) {
                if names_a_crate(&source.code, position, library.len()) && !source.is_test_at(position) {
                    let line = source.line_of(position);
                    violations.push(Violation::new(&source.file.path, line, place.rule, place.remedy));
                }
            }
        }
    }
}

impl Place {
    fn admits(&self, owner: &str, room: &str) -> bool {
        let in_room = |pattern: &&str| room_matches(pattern, room);
        self.anywhere.contains(&owner)
            || self.rooms.iter().any(|(crates, rooms)| crates.contains(&owner) && rooms.iter().any(in_room))
    }
}

/// `src/store` is `src/store.rs` and all of `src/store/`; `src/door*` also `src/door_limits.rs`.
fn room_matches(pattern: &str, room: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => room.starts_with(start),
        None => room.strip_prefix(pattern).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')),
    }
}

/// `sqlx::query`, `use sqlx;` and `use sqlx as db`, but neither `crate::sqlx::query` nor a variable of that name.
fn names_a_crate(code: &str, position: usize, length: usize) -> bool {
    let before = code[..position].trim_end();
    let after = code[position + length..].trim_start();
    let inner_path = before.ends_with("::") && !absolute(before);
    let used = before.ends_with("use") && (after.starts_with(';') || after.starts_with("as "));
    !inner_path && !before.ends_with('.') && (after.starts_with("::") || used)
}

/// A leading `::`, as in `::sqlx::query`: no path goes before it.
fn absolute(before: &str) -> bool {
    let path = before.trim_end_matches("::");
    !path.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
}
