//! The rules of the house as commands: `cargo xtask check-arch` and `cargo xtask sqlx-prepare`.
//!
//! Exit codes: 0 fine, 1 a rule is broken or a step failed, 2 wrong usage.

mod arch;
mod sqlx_prepare;
mod workspace;

use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  check-arch              layers, imports, names and sizes of the whole workspace
  sqlx-prepare [--check] [SERVICE…]
                          describe every SQL statement of the services against a private PostgreSQL;
                          with --check fail when the committed descriptions differ";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["check-arch"] => check_arch(),
        ["sqlx-prepare", "--check", services @ ..] => sqlx_prepare::run(services, sqlx_prepare::Mode::Check),
        ["sqlx-prepare", services @ ..] => sqlx_prepare::run(services, sqlx_prepare::Mode::Write),
        _ => return complain(USAGE, 2),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => complain(&format!("xtask: {error:#}"), 1),
    }
}

/// Prints what is broken, one line each; `true` when nothing is.
fn check_arch() -> anyhow::Result<bool> {
    let workspace = workspace::Workspace::load()?;
    let report = arch::check(&workspace);
    let mut out = io::stdout().lock();
    for note in &report.notes {
        writeln!(out, "note: {note}")?;
    }
    for violation in &report.violations {
        writeln!(out, "{violation}")?;
    }
    let files = workspace.files.len();
    match report.violations.len() {
        0 => writeln!(out, "check-arch: {} crates, {files} files, no rule broken", workspace.crates.len())?,
        count => writeln!(out, "check-arch: {count} broken rules in {files} files")?,
    }
    Ok(report.violations.is_empty())
}

/// One line on standard output.
///
/// # Errors
/// When standard output is closed.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Says it on standard error. A closed standard error is no reason to panic: the exit code still tells.
fn complain(text: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::from(code)
}
