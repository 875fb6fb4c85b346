//! What goes out: the shapes of the public contract, made from what services say.

pub(crate) mod feed;
pub(crate) mod identity;
pub(crate) mod insight;
pub(crate) mod integration;
pub(crate) mod task;

use chrono::SecondsFormat;
use proto::events::v1 as events;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// Microseconds since the epoch, shown as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub(crate) struct Time(i64);

impl Time {
    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Services say 0 for never.
    pub fn unless_zero(micros: i64) -> Option<Self> {
        (micros != 0).then_some(Self(micros))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&clock::from_micros(self.0).to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// Services say the empty text for none.
pub(crate) fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// What a service must have put into its answer.
pub(crate) fn given<T>(part: Option<T>) -> Result<T, Problem> {
    part.ok_or_else(|| {
        tracing::error!("a service left out the answer");
        Problem::new(Kind::Internal)
    })
}

/// Items and where the next ones are.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// A page of these items; an empty cursor means that it is the last.
pub(crate) fn page<T, P: Into<T>>(items: Vec<P>, next_cursor: String) -> axum::Json<Page<T>> {
    axum::Json(Page { items: items.into_iter().map(Into::into).collect(), next_cursor: some(next_cursor) })
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    pub name: String,
    /// The member, where the provider's account is known to be theirs.
    pub member_id: Option<String>,
    /// The provider's account, a UUID.
    pub account_id: Option<String>,
    pub bot: bool,
}

impl From<events::Person> for Person {
    fn from(person: events::Person) -> Self {
        let events::Person { account_id, member_id, name, bot } = person;
        Self { name, member_id: some(member_id), account_id: some(account_id), bot }
    }
}

/// Nobody is told as a person without any mark.
pub(crate) fn person(person: Option<events::Person>) -> Option<Person> {
    let known =
        |p: &events::Person| !(p.account_id.is_empty() && p.member_id.is_empty() && p.name.is_empty());
    person.filter(known).map(Person::from)
}

/// Where something comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Source {
    pub id: String,
    pub provider: String,
    /// What a person would write: owner/repo, #channel, a mailbox.
    pub key: String,
}

impl From<events::SourceRef> for Source {
    fn from(source: events::SourceRef) -> Self {
        Self { id: source.id, provider: source.provider, key: source.key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_z() {
        let shown = |micros| serde_json::to_string(&Time::micros(micros)).unwrap();
        assert_eq!(shown(1_700_000_000_000_000), "\"2023-11-14T22:13:20Z\"");
        assert_eq!(shown(1_700_000_000_123_000), "\"2023-11-14T22:13:20.123Z\"");
        assert_eq!(Time::unless_zero(0), None);
    }

    #[test]
    fn nobody_is_null() {
        assert!(person(Some(events::Person::default())).is_none());
        assert!(person(Some(events::Person { name: "Ann".into(), ..Default::default() })).is_some());
    }
}
