//! Cuts the log into commits.

use super::{MARKER, is_hash};
use crate::imports::{ImportError, Record, Skips};

/// The largest commit, in bytes of the log: message and paths.
const LARGEST_COMMIT: usize = 4 * 1024 * 1024;
/// Tokens from the marker to the message.
const FIXED_TOKENS: usize = 9;

const EXPECTED: ImportError = ImportError::WrongFormat {
    expected: "the output of git log as `oz import git` runs it (a bundle or a packed repository is not read)",
};

/// Reads tokens ended by NUL and gathers those of one commit.
pub(in crate::imports) struct Splitter {
    scope: String,
    /// Bytes of the commit being read, the token under way included.
    commit: Vec<u8>,
    /// Where the token under way begins in `commit`.
    token_start: usize,
    /// Complete tokens of the commit so far, the marker included.
    tokens: usize,
    /// The token under way is the path of a status just read, so it may look like anything.
    awaits_path: bool,
    /// The commit outgrew its limit: `commit` holds the token under way alone, as far as a marker reaches.
    too_large: bool,
}

impl Splitter {
    pub(in crate::imports) fn new(scope: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            commit: Vec::new(),
            token_start: 0,
            tokens: 0,
            awaits_path: false,
            too_large: false,
        }
    }

    pub(in crate::imports) fn push(
        &mut self,
        chunk: &[u8],
        skips: &mut Skips,
    ) -> Result<Vec<Record>, ImportError> {
        let mut records = Vec::new();
        for piece in chunk.split_inclusive(|byte| *byte == 0) {
            let (bytes, ended) = piece.strip_suffix(&[0]).map_or((piece, false), |bytes| (bytes, true));
            self.take(bytes)?;
            if ended {
                records.extend(self.end_token(skips)?);
            }
        }
        Ok(records)
    }

    pub(in crate::imports) fn drain(
        &mut self,
        skips: &mut Skips,
    ) -> Result<Option<Vec<Record>>, ImportError> {
        if self.tokens == 0 && self.commit.is_empty() {
            return Ok(None);
        }
        let torn = self.awaits_path || (self.commit.len() > self.token_start && !self.too_large);
        if self.tokens < FIXED_TOKENS || torn {
            return Err(if self.tokens == 0 {
                EXPECTED
            } else {
                ImportError::Damaged { what: "the log ends inside a commit" }
            });
        }
        let last = self.emit(skips)?;
        self.tokens = 0;
        Ok(Some(last.into_iter().collect()))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        if self.tokens == 0 && self.commit.len() + bytes.len() > MARKER.len() {
            return Err(EXPECTED);
        }
        if !self.too_large && self.commit.len() + bytes.len() >= LARGEST_COMMIT {
            self.too_large = true;
            self.commit.drain(..self.token_start);
            self.token_start = 0;
        }
        if self.too_large {
            // one byte more than a marker, so that a longer token is not taken for one
            let room = (MARKER.len() + 1).saturating_sub(self.commit.len());
            self.commit.truncate(MARKER.len() + 1);
            self.commit.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        } else {
            self.commit.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end_token(&mut self, skips: &mut Skips) -> Result<Option<Record>, ImportError> {
        let token = self.commit.get(self.token_start..).unwrap_or_default();
        let is_marker = token == MARKER.as_bytes();
        let is_empty = token.is_empty();
        let mut finished = None;
        if self.tokens == 0 {
            if !is_marker {
                return Err(EXPECTED);
            }
        } else if self.tokens >= FIXED_TOKENS {
            if self.awaits_path {
                self.awaits_path = false;
            } else if is_marker {
                finished = self.emit(skips)?;
                self.tokens = 0;
            } else {
                self.awaits_path = !is_empty;
            }
        }
        self.tokens = self.tokens.saturating_add(1);
        if self.too_large {
            self.commit.clear();
        } else {
            self.commit.push(0);
        }
        self.token_start = self.commit.len();
        Ok(finished)
    }

    /// Takes the commit before the token under way out of the buffer.
    fn emit(&mut self, skips: &mut Skips) -> Result<Option<Record>, ImportError> {
        let rest = self.commit.split_off(self.token_start);
        let body = std::mem::replace(&mut self.commit, rest);
        self.token_start = 0;
        if std::mem::take(&mut self.too_large) {
            skips.count("commit_too_large");
            return Ok(None);
        }
        let sha = body
            .split(|byte| *byte == 0)
            .nth(1)
            .and_then(|sha| std::str::from_utf8(sha).ok())
            .filter(|sha| is_hash(sha));
        let Some(sha) = sha else {
            return Err(ImportError::Damaged { what: "a commit has no hash" });
        };
        let key = format!("commit:{sha}");
        Ok(Some(Record { key, source: self.scope.clone(), title: self.scope.clone(), private: false, body }))
    }
}
