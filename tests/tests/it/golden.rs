//! Files that say what is expected, rewritten with `OZ_GOLDEN=write`.

use std::{fs, path::Path};

/// Fails when `seen` is not what the file says, and names the lines that differ.
pub fn holds(name: &str, seen: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = seen.iter().fold(String::new(), |text, line| text + line + "\n");
    if std::env::var_os("OZ_GOLDEN").is_some_and(|value| value == "write") {
        fs::write(&path, text).unwrap();
        return;
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let known: Vec<&str> = known.lines().collect();
    let gone: Vec<_> = known.iter().filter(|line| !seen.iter().any(|seen| seen == *line)).collect();
    let new: Vec<_> = seen.iter().filter(|line| !known.contains(&line.as_str())).collect();
    assert!(
        known == seen,
        "{name} holds no more (a route or an RPC that is not listed must be classified)\n- {gone:#?}\n+ {new:#?}"
    );
}
