//! Archives that a member hands over: a repository's log, a mailbox, a chat export.
//!
//! Pure like the rest of the crate: the bytes of an upload are fed to a [`Splitter`] in chunks of any size, which
//! yields [`Record`]s; [`read_record`] turns one record into facts. Between the two, the caller seals and stores the
//! records, so that an import resumes, repeats and replays like any delivery. What a single record breaks is counted
//! ([`Splitter::skipped`]) and never fails the import; only an archive of the wrong kind or beyond the limits does.

use std::collections::BTreeMap;

use crate::{ReadError, Reading};

pub mod git;
mod instant;
mod mbox;
mod slack_export;

/// The longest record key, in bytes; longer identities are replaced by their hash.
const LONGEST_KEY: usize = 512;
/// Longest heading taken over, in bytes.
const LONGEST_TITLE: usize = 1_000;
/// Longest text taken over, in bytes.
const LONGEST_TEXT: usize = 256 * 1024;

/// What sort of archive is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportKind {
    /// The output of `git` with the arguments [`git::LOG_ARGUMENTS`].
    Git,
    /// A mailbox in mboxrd or mboxo form, lines ended by LF or CRLF.
    Mbox,
    /// The zip that Slack's own export makes.
    SlackExport,
}

impl ImportKind {
    /// The kind by the name it has in the command line and in the API.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "git" => Some(Self::Git),
            "mbox" => Some(Self::Mbox),
            "slack-export" => Some(Self::SlackExport),
            _ => None,
        }
    }

    /// The name it has in the command line and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Mbox => "mbox",
            Self::SlackExport => "slack-export",
        }
    }
}

/// One record of an archive: a commit, a mail, a chat message, a person, the members of a private channel.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Identity inside the archive, at most 512 bytes: the same record of a repeated import has the same key, a
    /// record that was edited in between has another.
    pub key: String,
    /// The source it belongs to, to be passed to [`read_record`]: the scope of the import, for a chat export the
    /// channel's id.
    pub source: String,
    /// The source's readable name.
    pub title: String,
    /// The source is private at the provider: visible to its members alone, whatever the import asked for.
    pub private: bool,
    /// The bytes that [`read_record`] reads; content, to be sealed.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Record {
    /// Prints sizes alone: everything else is content.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Record")
            .field("private", &self.private)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why a whole archive is refused. Texts carry no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The bytes are not of the kind that was named.
    #[error("not the expected archive: expected {expected}")]
    WrongFormat {
        /// What was expected, in words for the person who imports.
        expected: &'static str,
    },
    /// The archive is larger than Oz takes in.
    #[error("archive exceeds the limit for {what}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
    },
    /// The archive ends early or contradicts itself.
    #[error("damaged archive: {what}")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
}

/// Records left out while splitting, by stable reason code, for the coverage ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skips(BTreeMap<&'static str, u64>);

impl Skips {
    fn count(&mut self, reason: &'static str) {
        let count = self.0.entry(reason).or_default();
        *count = count.saturating_add(1);
    }

    /// Reason codes with how often each occurred.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(reason, count)| (*reason, *count))
    }

    /// How many records were left out in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// Cuts an archive into records as its bytes arrive.
///
/// Memory is bounded by the chunk plus the largest record (a mail 50 MB, a commit 4 MB); a chat export is a zip, whose
/// directory stands at its end, so it is held whole up to 512 MB. After the last chunk call [`Splitter::drain`] until
/// it yields `None`, or [`Splitter::finish`] where all that is left may be held at once.
pub struct Splitter {
    inner: Inner,
    skips: Skips,
}

enum Inner {
    Git(git::split::Splitter),
    Mbox(Box<mbox::split::Splitter>),
    SlackExport(Box<slack_export::split::Splitter>),
}

impl Splitter {
    /// A splitter for an archive of this kind, imported under the name `scope`.
    #[must_use]
    pub fn new(kind: ImportKind, scope: &str) -> Self {
        let inner = match kind {
            ImportKind::Git => Inner::Git(git::split::Splitter::new(scope)),
            ImportKind::Mbox => Inner::Mbox(Box::new(mbox::split::Splitter::new(scope))),
            ImportKind::SlackExport => {
                Inner::SlackExport(Box::new(slack_export::split::Splitter::new(scope)))
            }
        };
        Self { inner, skips: Skips::default() }
    }

    /// Takes the next bytes; yields the records they complete, in archive order.
    ///
    /// # Errors
    /// The archive as a whole is refused; the splitter is of no further use.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<Record>, ImportError> {
        match &mut self.inner {
            Inner::Git(git) => git.push(chunk, &mut self.skips),
            Inner::Mbox(mbox) => mbox.push(chunk, &mut self.skips),
            Inner::SlackExport(export) => export.push(chunk).map(|()| Vec::new()),
        }
    }

    /// After the last chunk: the next batch of what is left, `None` when nothing is.
    ///
    /// # Errors
    /// The archive as a whole is refused.
    pub fn drain(&mut self) -> Result<Option<Vec<Record>>, ImportError> {
        match &mut self.inner {
            Inner::Git(git) => git.drain(&mut self.skips),
            Inner::Mbox(mbox) => mbox.drain(&mut self.skips),
            Inner::SlackExport(export) => export.drain(&mut self.skips),
        }
    }

    /// After the last chunk: everything that is left.
    ///
    /// # Errors
    /// The archive as a whole is refused.
    pub fn finish(&mut self) -> Result<Vec<Record>, ImportError> {
        let mut rest = Vec::new();
        while let Some(batch) = self.drain()? {
            rest.extend(batch);
        }
        Ok(rest)
    }

    /// What was left out so far, by reason.
    #[must_use]
    pub fn skipped(&self) -> &Skips {
        &self.skips
    }
}

/// Reads one record: `source` and `body` as the splitter gave them in [`Record::source`] and [`Record::body`].
///
/// # Errors
/// The record is not what a splitter of this kind yields, or exceeds a limit.
pub fn read_record(kind: ImportKind, source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    match kind {
        ImportKind::Git => git::reading::read(source, body),
        ImportKind::Mbox => mbox::reading::read(source, body),
        ImportKind::SlackExport => slack_export::reading::read(source, body),
    }
}

/// The identity itself while it is short and printable, else its hash.
fn bounded_key(prefix: &str, identity: &str) -> String {
    let plain = identity.len() + prefix.len() <= LONGEST_KEY && !identity.chars().any(char::is_control);
    if plain {
        format!("{prefix}{identity}")
    } else {
        format!("{prefix}sha256-{}", sha256_hex(identity.as_bytes()))
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

/// At most `limit` bytes of the text, cut between characters.
fn clipped(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// A mail address fit to be a key: trimmed, lower case, one `@`, no spaces or control characters, at most 320 bytes.
fn mail_address(raw: &str) -> Option<String> {
    let address = raw.trim().trim_matches(|edge| matches!(edge, '<' | '>')).to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let sound = !local.is_empty() && !domain.is_empty() && !domain.contains('@') && address.len() <= 320;
    let printable = !address.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    (sound && printable).then_some(address)
}

#[cfg(test)]
mod tests;
