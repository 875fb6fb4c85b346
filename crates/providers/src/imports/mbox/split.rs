//! Cuts a mailbox into mails.

use mail_parser::MessageParser;

use super::{is_postmark, without_postmark};
use crate::imports::{ImportError, Record, Skips, bounded_key, sha256_hex};

/// The largest mail, in bytes as it stands in the mailbox.
const LARGEST_MAIL: usize = 50 * 1024 * 1024;
/// As much of a line as a postmark may be long.
const LONGEST_POSTMARK: usize = 1_000;
/// As much of a mail as its own header fields may be long.
const LONGEST_HEADER: usize = 1024 * 1024;

const EXPECTED: ImportError = ImportError::WrongFormat {
    expected: "a mailbox in mbox form, whose mails each begin with a line `From …`",
};

/// Reads lines and gathers those of one mail.
pub(in crate::imports) struct Splitter {
    scope: String,
    /// Complete lines of the mail being read.
    mail: Vec<u8>,
    /// The line under way.
    line: Vec<u8>,
    /// The first postmark was seen.
    begun: bool,
    /// The line before was empty, or there was none.
    after_empty: bool,
    /// The mail outgrew its limit: `mail` is empty, `line` is kept as far as a postmark reaches.
    too_large: bool,
}

impl Splitter {
    pub(in crate::imports) fn new(scope: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            mail: Vec::new(),
            line: Vec::new(),
            begun: false,
            after_empty: true,
            too_large: false,
        }
    }

    pub(in crate::imports) fn push(
        &mut self,
        chunk: &[u8],
        skips: &mut Skips,
    ) -> Result<Vec<Record>, ImportError> {
        let mut records = Vec::new();
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.take(piece)?;
            if piece.ends_with(b"\n") {
                records.extend(self.end_line(skips)?);
            }
        }
        Ok(records)
    }

    pub(in crate::imports) fn drain(
        &mut self,
        skips: &mut Skips,
    ) -> Result<Option<Vec<Record>>, ImportError> {
        let mut records = Vec::new();
        if !self.line.is_empty() {
            records.extend(self.end_line(skips)?);
        }
        if !self.begun {
            return Ok(None);
        }
        self.begun = false;
        records.extend(self.emit(skips));
        Ok(Some(records))
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), ImportError> {
        if !self.begun && self.line.len() + piece.len() > LONGEST_POSTMARK {
            return Err(EXPECTED);
        }
        if self.mail.len() + self.line.len() + piece.len() > LARGEST_MAIL {
            self.too_large = true;
            self.mail = Vec::new();
        }
        if self.too_large {
            self.line.truncate(LONGEST_POSTMARK);
            let room = LONGEST_POSTMARK - self.line.len();
            self.line.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        } else {
            self.line.extend_from_slice(piece);
        }
        Ok(())
    }

    fn end_line(&mut self, skips: &mut Skips) -> Result<Option<Record>, ImportError> {
        let is_empty = self.line.trim_ascii().is_empty();
        let mut finished = None;
        if self.after_empty && is_postmark(&self.line) {
            if self.begun {
                finished = self.emit(skips);
            }
            self.begun = true;
        } else if !self.begun && !is_empty {
            return Err(EXPECTED);
        }
        if self.begun && !self.too_large {
            self.mail.append(&mut self.line);
        }
        self.line.clear();
        self.after_empty = is_empty;
        Ok(finished)
    }

    fn emit(&mut self, skips: &mut Skips) -> Option<Record> {
        let body = std::mem::take(&mut self.mail);
        if std::mem::take(&mut self.too_large) {
            skips.count("mail_too_large");
            return None;
        }
        let (_, mail) = without_postmark(&body);
        if mail.trim_ascii().is_empty() {
            skips.count("mail_empty");
            return None;
        }
        let key = format!("mail:{}", identity(mail));
        Some(Record { key, source: self.scope.clone(), title: self.scope.clone(), private: false, body })
    }
}

/// The Message-ID, or the hash of the mail where it has none.
pub(super) fn identity(mail: &[u8]) -> String {
    let header = mail.get(..mail.len().min(LONGEST_HEADER)).unwrap_or_default();
    let parsed = MessageParser::new().with_message_ids().parse_headers(header);
    let given =
        parsed.as_ref().and_then(|message| message.message_id()).map(str::trim).filter(|id| !id.is_empty());
    given.map_or_else(|| format!("sha256-{}", sha256_hex(mail.trim_ascii_end())), |id| bounded_key("", id))
}
