//! The public door of the extractor: shared threads, threads of its own, and hostile text.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot read its own input has failed; a skipped one says so"
)]

mod conversation;
mod dates;
mod hostile;
mod languages;
mod scored;
mod sentences;

use std::path::PathBuf;

/// The shared folder, or `None` (and a word about it) where it is absent.
fn shared(path: &str) -> Option<String> {
    let root = std::env::var_os("OZ_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(root.join(path)).ok();
    if text.is_none() {
        println!("skipped: no {path} in the shared folder");
    }
    text
}
