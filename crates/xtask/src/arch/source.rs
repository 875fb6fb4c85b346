//! Rust text made ready for simple questions: code and comments apart, literals blanked, tests marked.
//!
//! This is a scanner, not a parser. It is exact about comments, strings, characters and braces, and relies on
//! formatted code for the rest.

mod lexer;

use std::collections::BTreeSet;

use crate::workspace::File;

/// A file with its two readings. Positions are byte offsets, the same in both and in the file.
pub(super) struct Source<'a> {
    pub(super) file: &'a File,
    /// The code alone: comments and literals are blanks.
    pub(super) code: String,
    /// The comments alone: everything else is blanks.
    pub(super) comments: String,
    /// Offset of the first byte of every line.
    lines: Vec<usize>,
    /// Byte ranges that are compiled for tests only.
    tests: Vec<(usize, usize)>,
    /// The file is itself a module that only tests declare.
    declared_for_tests: bool,
}

/// Reads all files; a module that another file declares under `#[cfg(test)]` is a test with all its rooms.
pub(super) fn prepare(files: &[File]) -> Vec<Source<'_>> {
    let mut sources: Vec<Source<'_>> = files.iter().map(Source::new).collect();
    let declared: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let module = source.file.path.trim_end_matches(".rs");
        source.declared_for_tests =
            declared.iter().any(|d| module == d || module.starts_with(&format!("{d}/")));
    }
    sources
}

impl<'a> Source<'a> {
    fn new(file: &'a File) -> Self {
        let (code, comments) = lexer::split(&file.text);
        let lines = std::iter::once(0).chain(file.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let tests = test_ranges(&code);
        Self { file, code, comments, lines, tests, declared_for_tests: false }
    }

    /// Lines count from 1.
    pub(super) fn line_of(&self, position: usize) -> usize {
        self.lines.partition_point(|start| *start <= position)
    }

    /// In `src/` (or a build script), and not a module of tests.
    pub(super) fn is_production_file(&self) -> bool {
        (self.file.room.starts_with("src/") || self.file.room == "build.rs") && !self.declared_for_tests
    }

    pub(super) fn is_test_at(&self, position: usize) -> bool {
        self.tests.iter().any(|(start, end)| (*start..*end).contains(&position))
    }

    /// Lines that are not compiled for tests only.
    pub(super) fn production_lines(&self) -> usize {
        let all = self.file.text.lines().count();
        let tests: usize =
            self.tests.iter().map(|(start, end)| self.line_of(*end) - self.line_of(*start) + 1).sum();
        all.saturating_sub(tests)
    }

    /// Paths, without `.rs`, of the modules that this file declares for tests.
    fn test_modules(&self) -> Vec<String> {
        let own = self.file.path.trim_end_matches(".rs");
        let (folder, stem) = own.rsplit_once('/').unwrap_or(("", own));
        let room = if matches!(stem, "lib" | "main" | "mod") { folder } else { own };
        let declarations = self.tests.iter().filter_map(|(start, end)| {
            let item = self.code.get(*start..*end)?.trim_end().strip_suffix(';')?;
            let (_, name) = item.rsplit_once("mod ")?;
            Some(format!("{room}/{}", name.trim()))
        });
        declarations.collect()
    }
}

/// Offsets at which `word` stands alone in the text.
pub(super) fn word_positions<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !text[..*at].ends_with(inside) && !text[*at + word.len()..].starts_with(inside))
}

/// The brace that opens the body of the item at `start`; none when it ends with a semicolon first.
pub(super) fn brace_after(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, byte) in code.as_bytes()[start..].iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(start + offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

/// The brace that closes the one at `open`.
pub(super) fn matching_brace(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(open + offset),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Byte ranges of the items under `#[cfg(test)]`, attribute included.
fn test_ranges(code: &str) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for position in word_positions(code, "cfg") {
        let inner = code[..position].ends_with("#![");
        if !inner && !code[..position].ends_with("#[") {
            continue;
        }
        let Some(close) = code[position..].find(']').map(|at| position + at) else { continue };
        let condition = &code[position..close];
        if word_positions(condition, "test").next().is_none() || condition.contains("not(") {
            continue;
        }
        let start = position - if inner { 3 } else { 2 };
        let end = if inner { code.len() } else { item_end(code, close + 1) };
        if ranges.last().is_none_or(|(_, last)| start >= *last) {
            ranges.push((start, end));
        }
    }
    ranges
}

/// Behind the closing brace or the semicolon of the item at `start`.
fn item_end(code: &str, start: usize) -> usize {
    let body = brace_after(code, start).and_then(|open| matching_brace(code, open));
    let semicolon = || code[start..].find(';').map(|at| start + at);
    body.or_else(semicolon).map_or(code.len(), |last| last + 1)
}
