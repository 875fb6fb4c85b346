//! What every room needs of one delivery.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::mentions::mentions;
use super::payload::{Comment, Envelope, Repository, User, parse};
use crate::model::{Activity, Fact, ItemKind, Person, ReadError, Reading, ThingKind, Verb};

/// A delivery whose source is known.
#[derive(Debug)]
pub(super) struct Context<'a> {
    source: String,
    envelope: Envelope,
    body: &'a [u8],
}

impl<'a> Context<'a> {
    pub fn new(source: String, envelope: Envelope, body: &'a [u8]) -> Self {
        Self { source, envelope, body }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn action(&self) -> &str {
        &self.envelope.action
    }

    pub fn repository(&self) -> Option<&Repository> {
        self.envelope.repository.as_ref()
    }

    /// The parts of the body that a room reads; `field` names them in an error.
    pub fn parse<T: Deserialize<'a>>(&self, field: &'static str) -> Result<T, ReadError> {
        parse(self.body, field)
    }

    /// Who caused the delivery.
    pub fn sender(&self) -> Option<Person> {
        self.envelope.sender.as_ref().and_then(User::person)
    }

    /// The repository's own latest time, for events that carry none.
    pub fn repository_time(&self) -> Result<DateTime<Utc>, ReadError> {
        self.repository()
            .and_then(|repository| repository.updated_at.max(repository.pushed_at))
            .ok_or(ReadError::Malformed { field: "repository.updated_at" })
    }

    /// A bare activity in this source, by the sender.
    pub fn activity(
        &self,
        thing: (ThingKind, String),
        item: (ItemKind, String),
        verb: Verb,
        occurred_at: DateTime<Utc>,
    ) -> Activity {
        Activity { actor: self.sender(), ..Activity::bare(&self.source, thing, item, verb, occurred_at) }
    }

    /// What a comment says, on a thing that the caller fills in; `None` for an unknown action.
    pub fn comment(&self, thing: (ThingKind, String), prefix: &str, comment: Comment) -> Option<Activity> {
        let (verb, at) = match self.action() {
            "created" => (Verb::Created, comment.created_at),
            "edited" => (Verb::Edited, comment.updated_at),
            "deleted" => (Verb::Deleted, comment.updated_at),
            _ => return None,
        };
        let item = (ItemKind::Message, format!("{prefix}:{}", comment.id));
        let mut activity = self.activity(thing, item, verb, at);
        activity.version = comment.updated_at;
        activity.url = comment.html_url;
        activity.mentions = mentions(&comment.body, &[comment.user.as_ref(), self.envelope.sender.as_ref()]);
        activity.text = comment.body;
        Some(activity)
    }
}

/// A reading of one activity, without content if it tells of a deletion.
pub(super) fn told(activity: Activity) -> Reading {
    let activity = if activity.verb == Verb::Deleted { activity.without_content() } else { activity };
    Reading::Facts(vec![Fact::Activity(Box::new(activity))])
}

/// A reading of an activity that an unknown action did not yield.
pub(super) fn told_or_unsupported(activity: Option<Activity>) -> Reading {
    activity.map_or(Reading::Skipped("unsupported_action"), told)
}
