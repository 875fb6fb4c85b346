//! Messages: posted, edited, deleted, and the notices that Slack writes as messages.

use serde::Deserialize;

use super::channels::{archived, membership_of, retitled};
use super::envelope::{Delivery, or_default, parse};
use super::files::{self, File};
use super::mrkdwn::resolve;
use super::timestamp::Timestamp;
use crate::model::{
    Activity, Fact, ItemKind, Person, ReadError, Reading, SourceChange, SourceEvent, ThingKind, Verb,
};

/// A message as posted, or as it stands inside an event about it.
#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "or_default")]
    subtype: String,
    user: Option<String>,
    bot_id: Option<String>,
    username: Option<String>,
    user_profile: Option<Profile>,
    #[serde(default, deserialize_with = "or_default")]
    text: String,
    #[serde(default, deserialize_with = "or_default")]
    ts: String,
    thread_ts: Option<String>,
    edited: Option<Edited>,
    #[serde(default, deserialize_with = "or_default")]
    attachments: Vec<Attachment>,
    #[serde(default, deserialize_with = "or_default")]
    files: Vec<File>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    real_name: Option<String>,
    display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Edited {
    user: Option<String>,
    ts: String,
}

/// What an app posts instead of text, in the words meant for plain clients.
#[derive(Debug, PartialEq, Deserialize)]
struct Attachment {
    #[serde(default, deserialize_with = "or_default")]
    fallback: String,
    #[serde(default, deserialize_with = "or_default")]
    text: String,
}

/// The parts of an event that are about another message.
#[derive(Debug, Deserialize)]
struct About {
    message: Option<Message>,
    previous_message: Option<Message>,
    deleted_ts: Option<String>,
    event_ts: Option<String>,
    name: Option<String>,
}

/// Slack shows no more than 100 attachments.
const MOST_ATTACHMENTS: usize = 100;

pub(super) fn read(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let message = parse::<Delivery<Message>>(body, "event.message")?.event;
    let about = || parse::<Delivery<About>>(body, "event.message").map(|delivery| delivery.event);
    match message.subtype.as_str() {
        "" | "me_message" | "thread_broadcast" | "file_share" | "bot_message" => posted(source, message),
        "message_changed" => changed(source, &message.ts, about()?),
        "message_deleted" => deleted(source, &message.ts, &about()?),
        "message_replied" | "reply_broadcast" => Ok(Reading::Skipped("carried_by_message")),
        "channel_join" | "group_join" => membership_of(source, message.user.as_deref(), true),
        "channel_leave" | "group_leave" => membership_of(source, message.user.as_deref(), false),
        "channel_name" | "group_name" => retitled(source, about()?.name),
        "channel_archive" | "group_archive" => Ok(archived(source, true)),
        "channel_unarchive" | "group_unarchive" => Ok(archived(source, false)),
        "channel_convert_to_private" => {
            let change = SourceEvent::MadePrivate;
            Ok(Reading::Facts(vec![Fact::Source(SourceChange { source: source.to_owned(), change })]))
        }
        "channel_convert_to_public" => Ok(Reading::Skipped("audience_widened")),
        "channel_topic"
        | "channel_purpose"
        | "channel_posting_permissions"
        | "group_topic"
        | "group_purpose"
        | "pinned_item"
        | "unpinned_item" => Ok(Reading::Skipped("no_content")),
        _ => Ok(Reading::Skipped("unsupported_event")),
    }
}

fn posted(source: &str, message: Message) -> Result<Reading, ReadError> {
    let ts = Timestamp::parse(&message.ts, "event.ts")?;
    if message.is_empty() {
        return Ok(Reading::Skipped("no_content"));
    }
    Ok(Reading::Facts(message.tell(source, Verb::Created, &ts, &ts)?))
}

/// A message as an export holds it: as it stands today, without an envelope. What an export tells of joins, names and
/// archiving is history, and must not act on a channel of today.
pub(super) fn exported(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let message: Message = parse(body, "message")?;
    match message.subtype.as_str() {
        "" | "me_message" | "thread_broadcast" | "file_share" | "bot_message" => {}
        _ => return Ok(Reading::Skipped("unsupported_event")),
    }
    let edited = message.edited.as_ref().map(|edited| Timestamp::parse(&edited.ts, "message.edited.ts"));
    let edited_at = edited.transpose()?.map(|edited| edited.time());
    let mut reading = posted(source, message)?;
    if let (Reading::Facts(facts), Some(edited_at)) = (&mut reading, edited_at)
        && let Some(Fact::Activity(first)) = facts.first_mut()
    {
        first.version = edited_at;
    }
    Ok(reading)
}

/// Slack also tells of unfurled links and counted replies as changes: only what a person changed is an edit.
fn changed(source: &str, event_ts: &str, about: About) -> Result<Reading, ReadError> {
    let message = about.message.ok_or(ReadError::Malformed { field: "event.message" })?;
    let ts = Timestamp::parse(&message.ts, "event.message.ts")?;
    let happened = Timestamp::parse(about.event_ts.as_deref().unwrap_or(event_ts), "event.event_ts")?;
    if message.subtype == "tombstone" {
        return removed(source, &message, &ts, &happened);
    }
    let previous = about.previous_message;
    if previous.as_ref().is_some_and(|previous| previous.reads_as(&message)) {
        return Ok(Reading::Skipped("unchanged"));
    }
    let edited_at = match &message.edited {
        Some(edited) => Timestamp::parse(&edited.ts, "event.message.edited.ts")?,
        None => happened,
    };
    let editor = message.edited.as_ref().and_then(|edited| edited.user.clone());
    let kept: Vec<String> = message.files.iter().map(|file| file.id.clone()).collect();
    let thread = message.thread(&ts)?;
    let mut facts = message.tell(source, Verb::Edited, &ts, &edited_at)?;
    if let (Some(Fact::Activity(first)), Some(editor)) = (facts.first_mut(), editor)
        && first.actor.as_ref().is_none_or(|author| author.key != editor)
        && !editor.is_empty()
    {
        first.actor = Some(Person { key: editor, ..Person::default() });
    }
    let gone = previous.iter().flat_map(|previous| &previous.files).filter(|file| !kept.contains(&file.id));
    for file in gone {
        facts.push(file.removed(source, Some(&thread), edited_at.time())?);
    }
    Ok(Reading::Facts(facts))
}

fn deleted(source: &str, event_ts: &str, about: &About) -> Result<Reading, ReadError> {
    let previous = about.previous_message.as_ref();
    let named = about.deleted_ts.as_deref().or(previous.map(|previous| previous.ts.as_str()));
    let ts = Timestamp::parse(named.unwrap_or_default(), "event.deleted_ts")?;
    let happened = Timestamp::parse(about.event_ts.as_deref().unwrap_or(event_ts), "event.event_ts")?;
    match previous {
        Some(previous) => removed(source, previous, &ts, &happened),
        None => Ok(Reading::Facts(vec![removal(source, &thread_key(&ts), &ts, &happened)])),
    }
}

fn removed(
    source: &str,
    message: &Message,
    ts: &Timestamp,
    happened: &Timestamp,
) -> Result<Reading, ReadError> {
    let thread = message.thread(ts)?;
    let mut facts = vec![removal(source, &thread, ts, happened)];
    for file in files::bounded(&message.files)? {
        facts.push(file.removed(source, Some(&thread), happened.time())?);
    }
    Ok(Reading::Facts(facts))
}

fn removal(source: &str, thread: &str, ts: &Timestamp, happened: &Timestamp) -> Fact {
    let thing = (ThingKind::Conversation, thread.to_owned());
    let item = (ItemKind::Message, message_key(ts));
    Fact::Activity(Box::new(Activity::bare(source, thing, item, Verb::Deleted, happened.time())))
}

pub(super) fn message_key(ts: &Timestamp) -> String {
    format!("message:{}", ts.written())
}

pub(super) fn thread_key(ts: &Timestamp) -> String {
    format!("thread:{}", ts.written())
}

impl Message {
    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.files.is_empty() && self.attachments.is_empty()
    }

    fn reads_as(&self, other: &Self) -> bool {
        let ids = |message: &Self| message.files.iter().map(|file| file.id.clone()).collect::<Vec<_>>();
        // Unfurled links are attachments too: they count only where they stand for a missing text.
        let attachments = !self.text.is_empty() || self.attachments == other.attachments;
        self.text == other.text && ids(self) == ids(other) && attachments
    }

    /// The thread's key: that of its first message.
    fn thread(&self, ts: &Timestamp) -> Result<String, ReadError> {
        Ok(thread_key(&self.root(ts)?))
    }

    fn root(&self, ts: &Timestamp) -> Result<Timestamp, ReadError> {
        match self.thread_ts.as_deref().filter(|root| !root.is_empty()) {
            Some(root) => Timestamp::parse(root, "event.thread_ts"),
            None => Ok(ts.clone()),
        }
    }

    fn author(&self) -> Option<Person> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let bot_id = given(&self.bot_id);
        let key = given(&self.user).or_else(|| bot_id.clone())?;
        let profile = self.user_profile.as_ref();
        let name = profile.and_then(|profile| given(&profile.real_name)).or_else(|| given(&self.username));
        let handle = profile.and_then(|profile| given(&profile.display_name));
        let bot = bot_id.is_some() || self.subtype == "bot_message" || key == "USLACKBOT";
        Some(Person { key, name, handle, bot, ..Person::default() })
    }

    /// The message, and each of its files as an item of its own.
    fn tell(self, source: &str, verb: Verb, ts: &Timestamp, at: &Timestamp) -> Result<Vec<Fact>, ReadError> {
        let root = self.root(ts)?;
        let thing = (ThingKind::Conversation, thread_key(&root));
        let item = (ItemKind::Message, message_key(ts));
        let mut activity = Activity::bare(source, thing, item, verb, at.time());
        activity.actor = self.author();
        activity.thing_opened_at = Some(root.time());
        activity.reply_to = (root != *ts).then(|| message_key(&root));
        let written = if self.text.is_empty() { attachments_as_text(&self.attachments) } else { self.text };
        (activity.text, activity.mentions) = resolve(&written);
        let mut facts = Vec::with_capacity(1 + self.files.len());
        for file in files::bounded(&self.files)? {
            let reference = file.reference()?;
            facts.push(file.posted(&activity, &reference));
            activity.files.push(reference);
        }
        facts.insert(0, Fact::Activity(Box::new(activity)));
        Ok(facts)
    }
}

fn attachments_as_text(attachments: &[Attachment]) -> String {
    let lines: Vec<&str> = attachments
        .iter()
        .take(MOST_ATTACHMENTS)
        .map(|attachment| if attachment.text.is_empty() { &attachment.fallback } else { &attachment.text })
        .map(String::as_str)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}
