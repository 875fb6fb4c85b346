//! Cuts an export into people, private conversations and messages, in this order.

use std::collections::{HashMap, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::archive::{Archive, LARGEST_ARCHIVE};
use super::{Entry, is_id, is_timestamp};
use crate::imports::{ImportError, Record, Skips, bounded_key, clipped, sha256_hex};

/// The largest message, in bytes of its JSON.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;
/// The indexes of conversations, and whether what they list is private.
const INDEXES: [(&str, bool); 4] =
    [("channels.json", false), ("groups.json", true), ("dms.json", true), ("mpims.json", true)];

/// Holds the zip until it is complete, then yields one file of it at a time.
pub(in crate::imports) struct Splitter {
    scope: String,
    state: State,
}

enum State {
    Receiving(Vec<u8>),
    Reading(Box<Reader>),
    Ended,
}

struct Reader {
    archive: Archive,
    /// Conversations by the name of their folder: their name, or their id.
    /// `None` where two share a folder: whose messages they are is unknown.
    channels: HashMap<String, Option<Channel>>,
    steps: VecDeque<Step>,
}

enum Step {
    Users,
    Index {
        file: &'static str,
        private: bool,
    },
    /// Lists the days, once every index is read.
    Days,
    Day {
        folder: String,
        file: String,
    },
}

#[derive(Clone)]
struct Channel {
    id: String,
    title: String,
    private: bool,
}

#[derive(Deserialize)]
struct ChannelHead {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    is_private: bool,
}

#[derive(Deserialize)]
struct UserHead {
    id: String,
}

#[derive(Deserialize)]
struct MessageHead {
    ts: String,
    #[serde(default)]
    edited: Option<Edited>,
}

#[derive(Deserialize)]
struct Edited {
    #[serde(default)]
    ts: Option<String>,
}

impl Splitter {
    pub(in crate::imports) fn new(scope: &str) -> Self {
        Self { scope: scope.to_owned(), state: State::Receiving(Vec::new()) }
    }

    pub(in crate::imports) fn push(&mut self, chunk: &[u8]) -> Result<(), ImportError> {
        let State::Receiving(bytes) = &mut self.state else {
            return Err(ImportError::Damaged { what: "bytes after the end of the zip" });
        };
        if bytes.len() + chunk.len() > LARGEST_ARCHIVE {
            *bytes = Vec::new();
            return Err(ImportError::TooLarge { what: "bytes of the zip" });
        }
        bytes.extend_from_slice(chunk);
        Ok(())
    }

    pub(in crate::imports) fn drain(
        &mut self,
        skips: &mut Skips,
    ) -> Result<Option<Vec<Record>>, ImportError> {
        let mut reader = match std::mem::replace(&mut self.state, State::Ended) {
            State::Receiving(bytes) => Box::new(Reader::open(bytes, skips)?),
            State::Reading(reader) => reader,
            State::Ended => return Ok(None),
        };
        let Some(step) = reader.steps.pop_front() else {
            return Ok(None);
        };
        let records = reader.take(step, &self.scope, skips)?;
        self.state = State::Reading(reader);
        Ok(Some(records))
    }
}

impl Reader {
    fn open(bytes: Vec<u8>, skips: &mut Skips) -> Result<Self, ImportError> {
        let archive = Archive::open(bytes, skips)?;
        let indexes = INDEXES.into_iter().map(|(file, private)| Step::Index { file, private });
        let steps = std::iter::once(Step::Users).chain(indexes).chain([Step::Days]).collect();
        Ok(Self { archive, channels: HashMap::new(), steps })
    }

    fn take(&mut self, step: Step, scope: &str, skips: &mut Skips) -> Result<Vec<Record>, ImportError> {
        match step {
            Step::Users => {
                let Some(bytes) = self.archive.read("users.json", skips)? else { return Ok(Vec::new()) };
                Ok(members(&bytes, skips, "malformed_index")
                    .filter_map(|user| user_record(user, scope))
                    .collect())
            }
            Step::Index { file, private } => {
                let Some(bytes) = self.archive.read(file, skips)? else { return Ok(Vec::new()) };
                let channels: Vec<_> = members(&bytes, skips, "malformed_index").collect();
                Ok(channels.into_iter().filter_map(|raw| self.channel_record(raw, private)).collect())
            }
            Step::Days => {
                let days = self.archive.foldered().filter(|(_, file)| is_day(file));
                let steps: Vec<_> = days
                    .map(|(folder, file)| Step::Day { folder: folder.to_owned(), file: file.to_owned() })
                    .collect();
                self.steps.extend(steps);
                Ok(Vec::new())
            }
            Step::Day { folder, file } => {
                // who may see an unlisted conversation is unknown, so nobody may
                let Some(channel) = self.channels.get(&folder).cloned().flatten() else {
                    skips.count("unknown_channel");
                    return Ok(Vec::new());
                };
                let Some(bytes) = self.archive.read(&format!("{folder}/{file}"), skips)? else {
                    return Ok(Vec::new());
                };
                let messages: Vec<_> = members(&bytes, skips, "malformed_day").collect();
                Ok(messages.into_iter().filter_map(|raw| message_record(raw, &channel, skips)).collect())
            }
        }
    }

    /// Remembers the conversation; one that is private is told, with its members, before its messages.
    fn channel_record(&mut self, raw: &RawValue, private: bool) -> Option<Record> {
        let mut head: ChannelHead =
            serde_json::from_str(raw.get()).ok().filter(|head: &ChannelHead| is_id(&head.id))?;
        head.id.make_ascii_uppercase();
        let name = head.name.filter(|name| !name.is_empty());
        let title = name.as_ref().map_or_else(|| "direct message".to_owned(), |name| clipped(name, 200));
        // a conversation listed twice is as private as its most private listing
        let known_private =
            self.channels.get(&head.id).and_then(Option::as_ref).is_some_and(|known| known.private);
        let private = private || head.is_private || known_private;
        let channel = Channel { id: head.id.clone(), title, private };
        for folder in std::iter::once(head.id.clone()).chain(name) {
            let place = self.channels.entry(folder).or_insert_with(|| Some(channel.clone()));
            let same = place.as_ref().is_some_and(|known| known.id == channel.id);
            *place = same.then(|| channel.clone());
        }
        let body = if channel.private { body(&Entry::PrivateChannel(raw))? } else { return None };
        let key = format!("channel:{}:{}", head.id, sha256_hex(raw.get().as_bytes()));
        Some(Record { key, source: channel.id, title: channel.title, private: true, body })
    }
}

fn user_record(raw: &RawValue, scope: &str) -> Option<Record> {
    let head: UserHead = serde_json::from_str(raw.get()).ok().filter(|head: &UserHead| is_id(&head.id))?;
    // a profile has no reliable version: any change makes another record
    let key = format!("user:{}:{}", head.id, sha256_hex(raw.get().as_bytes()));
    Some(Record {
        key,
        source: scope.to_owned(),
        title: scope.to_owned(),
        private: false,
        body: body(&Entry::User(raw))?,
    })
}

fn message_record(raw: &RawValue, channel: &Channel, skips: &mut Skips) -> Option<Record> {
    if raw.get().len() > LARGEST_MESSAGE {
        skips.count("message_too_large");
        return None;
    }
    let Some(head) =
        serde_json::from_str::<MessageHead>(raw.get()).ok().filter(|head| is_timestamp(&head.ts))
    else {
        skips.count("message_without_time");
        return None;
    };
    let edited = head.edited.and_then(|edited| edited.ts).map(|ts| format!(":{ts}")).unwrap_or_default();
    let key = bounded_key("message:", &format!("{}:{}{edited}", channel.id, head.ts));
    let body = body(&Entry::Message(raw))?;
    Some(Record {
        key,
        source: channel.id.clone(),
        title: channel.title.clone(),
        private: channel.private,
        body,
    })
}

fn body(entry: &Entry<'_>) -> Option<Vec<u8>> {
    serde_json::to_vec(entry).ok()
}

/// The members of a JSON array, unparsed.
fn members<'file>(
    bytes: &'file [u8],
    skips: &mut Skips,
    reason: &'static str,
) -> impl Iterator<Item = &'file RawValue> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let parsed: Result<Vec<&RawValue>, _> = serde_json::from_slice(bytes);
    if parsed.is_err() {
        skips.count(reason);
    }
    parsed.unwrap_or_default().into_iter()
}

/// `2024-02-29.json`.
fn is_day(file: &str) -> bool {
    file.strip_suffix(".json").is_some_and(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok())
}
