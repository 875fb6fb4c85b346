//! Speaking to the person at the terminal.

use std::io::{self, Write};

/// A line on standard output. A reader that went away is no error.
pub fn say(line: &str) {
    let _closed = writeln!(io::stdout().lock(), "{line}");
}

/// A failure and its causes, on standard error.
pub fn complain(error: &anyhow::Error) {
    let _closed = writeln!(io::stderr().lock(), "oz: {error:#}");
}
