//! How well days are read out of single expressions.

use std::{fs, path::Path};

use anyhow::Context;
use chrono::NaiveDate;
use extraction::output::{DateQuery, date_line};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    #[serde(flatten)]
    query: DateQuery,
    due_on: Option<NaiveDate>,
    time: Option<String>,
}

/// What came of a file of expressions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Read {
    /// Expressions that name a day or a time.
    pub dated: usize,
    /// Of those, with exactly that day and that time.
    pub exact: usize,
    /// Expressions that name none.
    pub others: usize,
    /// Of those, in which one was read.
    pub invented: usize,
}

/// Reads each expression of a file.
///
/// # Errors
/// When the file cannot be read, or a line is none.
pub fn read(file: &Path) -> anyhow::Result<Read> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut read = Read::default();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line =
            serde_json::from_str(line).with_context(|| format!("{}:{}", file.display(), n + 1))?;
        let found = date_line(&line.query);
        if line.due_on.is_some() || line.time.is_some() {
            read.dated += 1;
            read.exact += usize::from(found.due_on == line.due_on && found.time == line.time);
        } else {
            read.others += 1;
            read.invented += usize::from(found.due_on.is_some() || found.time.is_some());
        }
    }
    Ok(read)
}
