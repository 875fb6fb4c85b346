//! Rooms are called by nouns of the field.

use super::Violation;
use super::source::{Source, word_positions};
use crate::workspace::Workspace;

/// Names that say nothing about what is inside.
const FORBIDDEN: &[&str] = &[
    "common",
    "core",
    "helper",
    "helpers",
    "manager",
    "misc",
    "shared",
    "types",
    "util",
    "utilities",
    "utils",
];

const REMEDY: &str = "call it by the noun of the field that it holds";

/// Names of crates.
pub(super) fn check_crates(workspace: &Workspace, violations: &mut Vec<Violation>) {
    for member in workspace.crates.iter().filter(|member| FORBIDDEN.contains(&member.name.as_str())) {
        violations.push(Violation::new(&format!("{}/Cargo.toml", member.folder), 1, "names", REMEDY));
    }
}

/// Names of files, folders and inline modules.
pub(super) fn check(source: &Source<'_>, violations: &mut Vec<Violation>) {
    let path = source.file.path.as_str();
    let room = source.file.room.trim_end_matches(".rs");
    if room.ends_with("/mod") {
        violations.push(Violation::new(path, 1, "names", "write `foo.rs` beside `foo/`, never `mod.rs`"));
    }
    if room.split('/').any(|part| FORBIDDEN.contains(&part)) {
        violations.push(Violation::new(path, 1, "names", REMEDY));
    }
    for position in word_positions(&source.code, "mod") {
        let rest = source.code[position + "mod".len()..].trim_start();
        let name: &str = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let inline = rest[name.len()..].trim_start().starts_with('{');
        if inline && FORBIDDEN.contains(&name) {
            violations.push(Violation::new(path, source.line_of(position), "names", REMEDY));
        }
    }
}
