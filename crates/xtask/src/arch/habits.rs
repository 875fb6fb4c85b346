//! Words that do not appear in the house, or only in one room of it.

use super::Violation;
use super::source::{Source, word_positions};

/// Marks of unfinished work. An issue says it better, and somebody reads it.
const LEFT_FOR_LATER: &[&str] = &["TODO", "FIXME"];

/// Crates in which a scope is made from a credential: identity does it, access defines it.
const SCOPE_MAKERS: &[&str] = &["identity", "access"];

/// Looks for them.
pub(super) fn check(source: &Source<'_>, violations: &mut Vec<Violation>) {
    let path = source.file.path.as_str();
    let mut refuse = |position, rule, remedy: &str| {
        violations.push(Violation::new(path, source.line_of(position), rule, remedy));
    };
    for mark in LEFT_FOR_LATER {
        // A mark in quotation marks is spoken about, not made.
        let quoted = |at: usize| source.comments[..at].ends_with(['"', '`', '\'']);
        for position in word_positions(&source.comments, mark).filter(|at| !quoted(*at)) {
            refuse(position, "left for later", "do it, or file an issue and delete the mark");
        }
    }
    for position in word_positions(&source.code, "allow") {
        let before = source.code[..position].trim_end();
        if before.ends_with("#[") || before.ends_with("#![") {
            refuse(position, "silenced lint", "mend it, or `#[expect(…, reason = \"…\")]`");
        }
    }
    if !source.is_production_file() {
        return;
    }
    if source.file.room.starts_with("src/domain") {
        for position in word_positions(&source.code, "async").filter(|p| !source.is_test_at(*p)) {
            refuse(position, "domain", "the domain does not wait: load first, then decide");
        }
    }
    if !SCOPE_MAKERS.contains(&source.file.owner.as_str()) {
        for position in word_positions(&source.code, "for_credential").filter(|p| !source.is_test_at(*p)) {
            if source.code[..position].trim_end().ends_with("TenantScope::") {
                refuse(
                    position,
                    "scope",
                    "take a `Caller` or a verified event: only identity knows credentials",
                );
            }
        }
    }
}
