//! Small rooms: production files and functions have ceilings. Tests are as long as they are.

use super::source::{Source, brace_after, matching_brace, word_positions};
use super::{Report, Violation};

/// Production lines of a file: beyond `AIM` it is noted, beyond `CEILING` refused.
const FILE_AIM: usize = 300;
const FILE_CEILING: usize = 500;
/// Lines of a function from `fn` to its closing brace.
const FUNCTION_CEILING: usize = 80;

/// Measures one file.
pub(super) fn check(source: &Source<'_>, report: &mut Report) {
    if !source.is_production_file() {
        return;
    }
    let path = source.file.path.as_str();
    let lines = source.production_lines();
    if lines > FILE_CEILING {
        let remedy = format!("split it: {lines} production lines, the ceiling is {FILE_CEILING}");
        report.violations.push(Violation::new(path, lines, "file size", remedy));
    } else if lines > FILE_AIM {
        report.notes.push(format!("{path}: {lines} production lines (about {FILE_AIM} is the aim)"));
    }
    for (line, length) in functions(source) {
        if length > FUNCTION_CEILING {
            let remedy = format!("split it: {length} lines, the ceiling is {FUNCTION_CEILING}");
            report.violations.push(Violation::new(path, line, "function size", remedy));
        }
    }
}

/// First line and number of lines of every production function that has a body.
fn functions(source: &Source<'_>) -> Vec<(usize, usize)> {
    word_positions(&source.code, "fn")
        .filter(|position| !source.is_test_at(*position))
        .filter_map(|position| {
            let open = brace_after(&source.code, position)?;
            let close = matching_brace(&source.code, open)?;
            let first = source.line_of(position);
            Some((first, source.line_of(close) - first + 1))
        })
        .collect()
}
