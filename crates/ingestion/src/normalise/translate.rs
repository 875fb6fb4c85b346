//! From a provider's facts to rows and events.

use std::collections::{HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use clock::Entropy;
use events::{Event, topic};
use ids::{OrgId, SourceId};
use prost::Message;
use proto::events::v1 as wire;
use providers::{Activity, Fact, SourceEvent, Verb};
use sealing::{Binding, OrgKeys};
use uuid::Uuid;

use super::{WorkError, people::People, wire as words};
use crate::{domain::identity, store::items, usecase::share::SourceChange};

/// Longest text of one item, bytes; the rest stays at the provider. A sealed item must fit into an event.
const LONGEST_TEXT: usize = 256 * 1024;
/// Longest heading, bytes.
const LONGEST_TITLE: usize = 2 * 1024;
/// How far a provider's clock may run ahead before its times are taken for now.
const AHEAD: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// Facts of one integration, being collected.
pub struct Translation<'a> {
    org: OrgId,
    provider: &'a str,
    now: DateTime<Utc>,
    drafts: Vec<Draft>,
    members: HashMap<(Uuid, Uuid), bool>,
    events: Vec<Event>,
    changes: Vec<SourceChange>,
    deleted: Vec<SourceId>,
    disconnected: bool,
}

struct Draft {
    item: items::Write,
    activity: wire::Activity,
    content: Option<wire::Content>,
}

/// What is to be written.
pub struct Rows {
    pub items: Vec<items::Write>,
    pub members: Vec<(Uuid, Uuid, bool)>,
    pub events: Vec<Event>,
    pub changes: Vec<SourceChange>,
    pub deleted: Vec<SourceId>,
    pub disconnected: bool,
}

impl<'a> Translation<'a> {
    pub fn new(org: OrgId, provider: &'a str, now: DateTime<Utc>) -> Self {
        Self {
            org,
            provider,
            now,
            drafts: Vec::new(),
            members: HashMap::new(),
            events: Vec::new(),
            changes: Vec::new(),
            deleted: Vec::new(),
            disconnected: false,
        }
    }

    /// Takes one fact. `delivered` is the source that the door let in; a fact about another source counts only if that is
    /// shared too, and then only to take away.
    pub fn take(
        &mut self,
        fact: Fact,
        delivered: Option<SourceId>,
        source_of: &mut impl FnMut(&str) -> Option<SourceId>,
        people: &mut People<'_>,
    ) {
        match fact {
            Fact::Person(person) => drop(people.add(&person)),
            Fact::Disconnected { .. } => self.disconnected = true,
            Fact::Activity(activity) => {
                let Some(source) = source_of(&activity.source) else { return };
                if Some(source) == delivered || activity.verb == Verb::Deleted {
                    self.activity(*activity, source, people);
                }
            }
            Fact::Membership(membership) => {
                if let Some(source) = source_of(&membership.source) {
                    let account = people.add(&membership.person);
                    self.members.insert((source.uuid(), account.uuid()), membership.present);
                    let event = wire::SourceMember {
                        source_id: source.to_vec(),
                        account_id: account.to_vec(),
                        present: membership.present,
                        version_us: self.now.timestamp_micros(),
                    };
                    self.events.push(Event::new(
                        topic::AUDIENCE,
                        source.uuid(),
                        self.now.timestamp_micros(),
                        &event,
                    ));
                }
            }
            Fact::Source(change) => {
                let Some(source) = source_of(&change.source) else { return };
                match change.change {
                    SourceEvent::Deleted => self.deleted.push(source),
                    SourceEvent::Renamed { to } => self.changes.push(SourceChange::Renamed { source, to }),
                    SourceEvent::MadePrivate => self.changes.push(SourceChange::MadePrivate { source }),
                    SourceEvent::Titled { .. } | SourceEvent::Archived | SourceEvent::Unarchived => {}
                }
            }
        }
    }

    fn activity(&mut self, activity: Activity, source: SourceId, people: &mut People<'_>) {
        let latest = self.now + AHEAD;
        let occurred_at = if activity.occurred_at > latest { self.now } else { activity.occurred_at };
        let version = if activity.version > latest { self.now } else { activity.version };
        let item_id = identity::item(self.org, source, &activity.item);
        let thing_id = identity::thing(self.org, source, &activity.thing);
        let account = activity.actor.as_ref().map(|actor| people.add(actor));
        let ids = |people: &mut People<'_>, them: &[providers::Person]| -> Vec<Vec<u8>> {
            them.iter().map(|person| people.add(person).to_vec()).collect()
        };
        let (mentioned, assignees) = (ids(people, &activity.mentions), ids(people, &activity.assignees));
        let gone = activity.verb == Verb::Deleted;
        let kind = words::item_kind(activity.kind);
        let reply_to = activity.reply_to.as_deref().map(|key| identity::item(self.org, source, key));
        let wire = wire::Activity {
            source_id: source.to_vec(),
            thing_id: thing_id.as_bytes().to_vec(),
            thing_kind: words::thing_kind(activity.thing_kind).into(),
            item_id: item_id.as_bytes().to_vec(),
            kind: kind.into(),
            verb: words::verb(activity.verb).into(),
            account_id: account.map(ids::AccountId::to_vec).unwrap_or_default(),
            bot: activity.actor.as_ref().is_some_and(|actor| actor.bot),
            occurred_at_us: occurred_at.timestamp_micros(),
            version_us: version.timestamp_micros(),
            content: Vec::new(),
            mentioned_accounts: mentioned,
            assignee_accounts: assignees,
            state: activity
                .state
                .as_ref()
                .map_or(wire::State::Unspecified, |(state, _)| words::state(*state))
                .into(),
            due_on: activity.due_on.map(|date| date.to_string()).unwrap_or_default(),
            reply_to: reply_to.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
            provider: self.provider.to_owned(),
            thing_opened_at_us: activity.thing_opened_at.map_or(0, |at| at.timestamp_micros()),
        };
        let item = items::Write {
            item_id,
            source_id: source.uuid(),
            thing_id,
            kind: i16::try_from(i32::from(kind)).unwrap_or_default(),
            account_id: account.map(ids::AccountId::uuid),
            occurred_at,
            edited_at: (activity.verb == Verb::Edited).then_some(occurred_at),
            version,
            content: None,
        };
        let content = (!gone).then(|| content(self.org, source, activity));
        self.drafts.push(Draft { item, activity: wire, content });
    }

    /// Seals contents and makes rows and events. Several words about one item are written as one; all are published.
    pub fn seal(self, keys: &OrgKeys, entropy: &Entropy) -> Result<Rows, WorkError> {
        let mut newest: HashMap<Uuid, items::Write> = HashMap::new();
        let mut events = self.events;
        for Draft { mut item, mut activity, content } in self.drafts {
            if let Some(content) = content {
                let binding = Binding { org: self.org, kind: "item", id: item.item_id };
                let sealed =
                    keys.seal(binding, &content.encode_to_vec(), entropy).map_err(keyring::KeyError::from)?;
                activity.content.clone_from(&sealed);
                item.content = Some(sealed);
            }
            let container = item.source_id;
            events.push(Event::new(topic::ACTIVITY, container, activity.occurred_at_us, &activity));
            events.push(Event::new(topic::METADATA, container, activity.occurred_at_us, &measure(&activity)));
            match newest.entry(item.item_id) {
                Entry::Occupied(mut kept) => kept.get_mut().merge(item),
                Entry::Vacant(place) => drop(place.insert(item)),
            }
        }
        let mut items: Vec<_> = newest.into_values().collect();
        items.sort_by_key(|item| item.item_id);
        let members =
            self.members.into_iter().map(|((source, account), present)| (source, account, present)).collect();
        let (changes, deleted, disconnected) = (self.changes, self.deleted, self.disconnected);
        Ok(Rows { items, members, events, changes, deleted, disconnected })
    }
}

/// What may be counted of an activity: no content, no names.
fn measure(activity: &wire::Activity) -> wire::Measure {
    wire::Measure {
        source_id: activity.source_id.clone(),
        thing_id: activity.thing_id.clone(),
        thing_kind: activity.thing_kind,
        item_id: activity.item_id.clone(),
        kind: activity.kind,
        verb: activity.verb,
        account_id: activity.account_id.clone(),
        bot: activity.bot,
        occurred_at_us: activity.occurred_at_us,
        thing_opened_at_us: activity.thing_opened_at_us,
        state: activity.state,
        version_us: activity.version_us,
    }
}

/// The part that is sealed.
fn content(org: OrgId, source: SourceId, activity: Activity) -> wire::Content {
    let name = |person: &providers::Person| {
        person.name.clone().or_else(|| person.handle.clone()).unwrap_or_default()
    };
    let actor = activity.actor.as_ref();
    let aliases = actor.into_iter().flat_map(|a| [a.handle.clone(), a.email.clone()]).flatten();
    wire::Content {
        title: cut(activity.title, LONGEST_TITLE),
        text: cut(activity.text, LONGEST_TEXT),
        url: activity.url.unwrap_or_default(),
        actor_name: actor.map(name).unwrap_or_default(),
        thing_title: cut(activity.thing_title.unwrap_or_default(), LONGEST_TITLE),
        thing_url: activity.thing_url.unwrap_or_default(),
        labels: activity.labels,
        provider_state: activity.state.map(|(_, word)| word).unwrap_or_default(),
        files: activity.files.into_iter().map(|file| self::file(org, source, file)).collect(),
        actor_aliases: aliases.collect(),
        mentioned_names: activity.mentions.iter().map(name).collect(),
        assignee_names: activity.assignees.iter().map(name).collect(),
    }
}

fn file(org: OrgId, source: SourceId, file: providers::FileRef) -> wire::File {
    wire::File {
        // A file is an item of its own, under this key.
        file_id: identity::item(org, source, &format!("file:{}", file.key)).to_string(),
        name: cut(file.name, LONGEST_TITLE),
        media_type: file.media_type.unwrap_or_default(),
        size: file.size.unwrap_or_default(),
        url: file.url.unwrap_or_default(),
    }
}

fn cut(mut text: String, longest: usize) -> String {
    text.truncate(text.floor_char_boundary(longest));
    text
}
