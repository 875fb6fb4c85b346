//! What happens to a channel, who is in it, and reactions in it.

use serde::Deserialize;

use super::envelope::{Delivery, parse};
use super::messages::{message_key, thread_key};
use super::scope::channel_key;
use super::timestamp::Timestamp;
use crate::model::{
    Activity, Fact, ItemKind, Membership, Person, ReadError, Reading, SourceChange, SourceEvent, ThingKind,
    Verb,
};

fn changed(source: &str, change: SourceEvent) -> Reading {
    Reading::Facts(vec![Fact::Source(SourceChange { source: source.to_owned(), change })])
}

pub(super) fn deleted(source: &str) -> Reading {
    changed(source, SourceEvent::Deleted)
}

pub(super) fn archived(source: &str, archived: bool) -> Reading {
    changed(source, if archived { SourceEvent::Archived } else { SourceEvent::Unarchived })
}

/// Its key is its id, so a channel that is called otherwise keeps it.
pub(super) fn retitled(source: &str, name: Option<String>) -> Result<Reading, ReadError> {
    let name = name.filter(|name| !name.is_empty()).ok_or(ReadError::Malformed { field: "event.name" })?;
    Ok(changed(source, SourceEvent::Titled { name }))
}

#[derive(Deserialize)]
struct Renamed {
    channel: NamedChannel,
}

#[derive(Deserialize)]
struct NamedChannel {
    name: Option<String>,
}

pub(super) fn renamed(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    retitled(source, parse::<Delivery<Renamed>>(body, "event.channel")?.event.channel.name)
}

#[derive(Deserialize)]
struct IdChanged {
    new_channel_id: String,
}

pub(super) fn id_changed(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let event = parse::<Delivery<IdChanged>>(body, "event.new_channel_id")?.event;
    let to =
        channel_key(&event.new_channel_id).ok_or(ReadError::Malformed { field: "event.new_channel_id" })?;
    Ok(changed(source, SourceEvent::Renamed { to }))
}

#[derive(Deserialize)]
struct Member {
    user: Option<String>,
}

pub(super) fn membership(source: &str, body: &[u8], present: bool) -> Result<Reading, ReadError> {
    let event = parse::<Delivery<Member>>(body, "event.user")?.event;
    membership_of(source, event.user.as_deref(), present)
}

pub(super) fn membership_of(source: &str, user: Option<&str>, present: bool) -> Result<Reading, ReadError> {
    let person = person(user)?;
    Ok(Reading::Facts(vec![Fact::Membership(Membership { source: source.to_owned(), person, present })]))
}

fn person(user: Option<&str>) -> Result<Person, ReadError> {
    let key = user.filter(|user| !user.is_empty()).ok_or(ReadError::Malformed { field: "event.user" })?;
    Ok(Person { key: key.to_owned(), ..Person::default() })
}

#[derive(Deserialize)]
struct Reaction {
    user: Option<String>,
    reaction: String,
    item: ReactedTo,
    event_ts: String,
}

#[derive(Deserialize)]
struct ReactedTo {
    #[serde(rename = "type")]
    kind: String,
    ts: Option<String>,
}

/// The event names the message but not its thread: `reply_to` is exact, the thing is the message taken as a root.
pub(super) fn reaction(source: &str, body: &[u8], added: bool) -> Result<Reading, ReadError> {
    let event = parse::<Delivery<Reaction>>(body, "event.reaction")?.event;
    if event.item.kind != "message" {
        return Ok(Reading::Skipped("no_content"));
    }
    if event.reaction.is_empty() {
        return Err(ReadError::Malformed { field: "event.reaction" });
    }
    let target = Timestamp::parse(&event.item.ts.unwrap_or_default(), "event.item.ts")?;
    let happened = Timestamp::parse(&event.event_ts, "event.event_ts")?;
    let person = person(event.user.as_deref())?;
    let thing = (ThingKind::Conversation, thread_key(&target));
    let item = (ItemKind::Event, format!("reaction:{}:{}:{}", target.written(), person.key, event.reaction));
    let verb = if added { Verb::Reacted } else { Verb::Deleted };
    let mut activity = Activity::bare(source, thing, item, verb, happened.time());
    activity.reply_to = Some(message_key(&target));
    activity.actor = Some(person);
    if added {
        activity.text = format!(":{}:", event.reaction);
    }
    Ok(Reading::Facts(vec![Fact::Activity(Box::new(activity))]))
}
