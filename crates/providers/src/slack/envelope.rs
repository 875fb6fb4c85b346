//! What surrounds every event.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::model::ReadError;

/// Parses a body, or says which part of it is not as documented.
pub(super) fn parse<'de, T: Deserialize<'de>>(body: &'de [u8], field: &'static str) -> Result<T, ReadError> {
    serde_json::from_slice(body).map_err(|_| ReadError::Malformed { field })
}

/// `null` and absent both as the default.
pub(super) fn or_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(input).map(Option::unwrap_or_default)
}

/// The event of a delivery as a room wants to see it.
#[derive(Deserialize)]
pub(super) struct Delivery<T> {
    pub event: T,
}

/// Enough to know where a delivery belongs.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    pub team_id: Option<String>,
    event: Option<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    channel: Option<Channel>,
    channel_id: Option<String>,
    old_channel_id: Option<String>,
    item: Option<Item>,
}

/// A channel is its id in most events, an object in some.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Channel {
    Id(String),
    Object { id: String },
    Other(IgnoredAny),
}

#[derive(Debug, Deserialize)]
struct Item {
    channel: Option<Channel>,
}

impl Channel {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) | Self::Object { id } => Some(id),
            Self::Other(_) => None,
        }
    }
}

impl Envelope {
    pub fn parse(body: &[u8]) -> Result<Self, ReadError> {
        parse(body, "body")
    }

    /// The inner event's type; of deliveries without one, their own.
    pub fn event_type(&self) -> Result<&str, ReadError> {
        let kind = self.event.as_ref().map_or(self.kind.as_str(), |event| event.kind.as_str());
        if kind.is_empty() { Err(ReadError::Malformed { field: "event.type" }) } else { Ok(kind) }
    }

    /// The channel that the event is in: of a channel that changed its id, the former.
    pub fn channel(&self) -> Option<&str> {
        let event = self.event.as_ref()?;
        let of_item = || event.item.as_ref().and_then(|item| item.channel.as_ref());
        event
            .old_channel_id
            .as_deref()
            .or_else(|| event.channel.as_ref().and_then(Channel::id))
            .or(event.channel_id.as_deref())
            .or_else(|| of_item().and_then(Channel::id))
    }
}
