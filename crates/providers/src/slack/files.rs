//! Files: what is said of them in messages, and that they are gone.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::envelope::{Delivery, or_default, parse};
use super::scope::channel_key;
use super::timestamp::Timestamp;
use crate::model::{Activity, Fact, FileRef, ItemKind, ReadError, Reading, ThingKind, Verb};

/// Slack allows ten files in a message; more than this is not Slack.
const MOST_FILES: usize = 256;
/// A file is seldom in more than a few channels.
const MOST_CHANNELS: usize = 2048;

/// A file as a message names it.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    title: String,
    mimetype: Option<String>,
    size: Option<u64>,
    permalink: Option<String>,
}

pub(super) fn bounded(files: &[File]) -> Result<&[File], ReadError> {
    if files.len() > MOST_FILES { Err(ReadError::TooLarge { what: "files" }) } else { Ok(files) }
}

fn key_of(id: &str) -> Result<String, ReadError> {
    if id.is_empty() { Err(ReadError::Malformed { field: "file.id" }) } else { Ok(format!("file:{id}")) }
}

impl File {
    pub fn reference(&self) -> Result<FileRef, ReadError> {
        key_of(&self.id)?;
        let name = if self.name.is_empty() { &self.title } else { &self.name };
        Ok(FileRef {
            key: self.id.clone(),
            name: name.clone(),
            media_type: self.mimetype.clone().filter(|kind| !kind.is_empty()),
            size: self.size,
            url: self.permalink.clone().filter(|url| !url.is_empty()),
        })
    }

    /// The file as an item of its own, beside the message that holds it.
    pub fn posted(&self, message: &Activity, reference: &FileRef) -> Fact {
        let thing = (message.thing_kind, message.thing.clone());
        let item = (ItemKind::File, format!("file:{}", self.id));
        let mut activity = Activity::bare(&message.source, thing, item, Verb::Created, message.occurred_at);
        activity.actor.clone_from(&message.actor);
        activity.thing_opened_at = message.thing_opened_at;
        activity.reply_to = Some(message.item.clone());
        activity.title.clone_from(&reference.name);
        activity.url.clone_from(&reference.url);
        activity.files = vec![reference.clone()];
        Fact::Activity(Box::new(activity))
    }

    /// The file is no longer in this source.
    pub fn removed(&self, source: &str, thread: Option<&str>, at: DateTime<Utc>) -> Result<Fact, ReadError> {
        removal(source, &self.id, thread, at)
    }
}

/// Where no thread is named, the file is its own thing.
fn removal(source: &str, id: &str, thread: Option<&str>, at: DateTime<Utc>) -> Result<Fact, ReadError> {
    let item = key_of(id)?;
    let thing = match thread {
        Some(thread) => (ThingKind::Conversation, thread.to_owned()),
        None => (ThingKind::File, item.clone()),
    };
    Ok(Fact::Activity(Box::new(Activity::bare(source, thing, (ItemKind::File, item), Verb::Deleted, at))))
}

#[derive(Deserialize)]
struct FileEvent {
    file_id: String,
    event_ts: String,
    #[serde(default, deserialize_with = "or_default")]
    channel_ids: Vec<String>,
}

/// Gone everywhere: one removal for each channel that the event names.
pub(super) fn deleted(body: &[u8]) -> Result<Reading, ReadError> {
    let event = parse::<Delivery<FileEvent>>(body, "event.file_id")?.event;
    if event.channel_ids.len() > MOST_CHANNELS {
        return Err(ReadError::TooLarge { what: "channels" });
    }
    let at = Timestamp::parse(&event.event_ts, "event.event_ts")?.time();
    let mut facts = Vec::with_capacity(event.channel_ids.len());
    for id in &event.channel_ids {
        let source = channel_key(id).ok_or(ReadError::Malformed { field: "event.channel_ids" })?;
        facts.push(removal(&source, &event.file_id, None, at)?);
    }
    Ok(if facts.is_empty() { Reading::Skipped("no_content") } else { Reading::Facts(facts) })
}

/// No longer in this channel.
pub(super) fn unshared(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let event = parse::<Delivery<FileEvent>>(body, "event.file_id")?.event;
    let at = Timestamp::parse(&event.event_ts, "event.event_ts")?.time();
    Ok(Reading::Facts(vec![removal(source, &event.file_id, None, at)?]))
}
