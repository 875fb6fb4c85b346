//! Event envelopes: topics, authenticity, partition keys.
//!
//! An envelope says whose event it is and carries a tag over everything it says, made with the installation's key. Only a
//! reader that has checked the tag gets a [`Received`] with the tenant scope in it.

use access::{TenantScope, Ticket, TicketKey};
use bytes::Bytes;
use clock::Entropy;
use ids::{EventId, OrgId};
use prost::{Message, Name};
use proto::events::v1 as wire;
use ring::hmac;
use uuid::Uuid;

/// Names of the topics, one producer each.
pub mod topic {
    /// Activities on items of shared sources, content sealed. By ingestion, container = source.
    pub const ACTIVITY: &str = "oz.ingestion.activity.v1";
    /// What is shared with whom. By ingestion, container = source.
    pub const AUDIENCE: &str = "oz.ingestion.audience.v1";
    /// Provider accounts, profile sealed. By ingestion, container = account.
    pub const ACCOUNT: &str = "oz.ingestion.account.v1";
    /// What may be counted. By ingestion, container = source.
    pub const METADATA: &str = "oz.ingestion.metadata.v1";
    /// Organization, members, teams, links. By identity, container = organization.
    pub const ORGANIZATION: &str = "oz.identity.organization.v1";
    /// Lists and tasks. By task, container = list.
    pub const TASK: &str = "oz.task.task.v1";
    /// Audit entries. By every service, container = organization.
    pub const AUDIT: &str = "oz.audit.v1";

    /// All of them.
    pub const ALL: [&str; 7] = [ACTIVITY, AUDIENCE, ACCOUNT, METADATA, ORGANIZATION, TASK, AUDIT];
    /// Partitions of each topic on one machine. More machines: more partitions, set when the topics are made.
    pub const PARTITIONS: i32 = 4;
}

/// Format of the envelope.
const VERSION: u32 = 1;
/// Largest payload, bytes; below every broker's default of 1 MiB.
pub const MAX_PAYLOAD: usize = 900 * 1024;

/// Why bytes from the bus are not an event. Texts carry nothing of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not an envelope, or of a format this build does not know.
    #[error("malformed envelope")]
    Malformed,
    /// The tag was not made with this installation's key.
    #[error("envelope that nobody here made")]
    Forged,
    /// The payload is not the message its type names.
    #[error("payload does not decode as {0}")]
    Payload(&'static str),
    /// Larger than [`MAX_PAYLOAD`].
    #[error("payload of {0} bytes is too large")]
    TooLarge(usize),
}

/// An event about to be published.
#[derive(Debug, Clone)]
pub struct Event {
    /// One of [`topic`].
    pub topic: &'static str,
    /// What order must hold within.
    pub container: Uuid,
    /// When it happened in the world, microseconds since the epoch.
    pub occurred_at_us: i64,
    type_name: String,
    payload: Vec<u8>,
    causation: Option<EventId>,
    traceparent: String,
}

impl Event {
    /// An event that carries `payload`.
    pub fn new<M: Message + Name>(
        topic: &'static str,
        container: Uuid,
        occurred_at_us: i64,
        payload: &M,
    ) -> Self {
        Self {
            topic,
            container,
            occurred_at_us,
            type_name: M::full_name(),
            payload: payload.encode_to_vec(),
            causation: None,
            traceparent: String::new(),
        }
    }

    /// Says which event this one follows from, and takes over its trace.
    #[must_use]
    pub fn caused_by(mut self, cause: &Received) -> Self {
        self.causation = Some(cause.event_id);
        self.traceparent.clone_from(&cause.traceparent);
        self
    }

    /// Says which trace it belongs to (a W3C `traceparent`).
    #[must_use]
    pub fn traced(mut self, traceparent: impl Into<String>) -> Self {
        self.traceparent = traceparent.into();
        self
    }

    /// Puts it into an authenticated envelope.
    ///
    /// # Errors
    /// When the payload is too large.
    pub fn envelop(self, org: OrgId, key: &TicketKey, entropy: &Entropy) -> Result<Enveloped, EventError> {
        if self.payload.len() > MAX_PAYLOAD {
            return Err(EventError::TooLarge(self.payload.len()));
        }
        let event_id = EventId::from_uuid(entropy.uuid());
        let mut envelope = wire::Envelope {
            event_id: event_id.to_vec(),
            org_id: org.to_vec(),
            occurred_at_us: self.occurred_at_us,
            recorded_at_us: entropy.clock().now_us(),
            r#type: self.type_name,
            version: VERSION,
            traceparent: self.traceparent,
            causation_id: self.causation.map(EventId::to_vec).unwrap_or_default(),
            container: self.container.as_bytes().to_vec(),
            payload: self.payload,
            tag: Vec::new(),
        };
        envelope.tag = key.issue(org, &envelope.encode_to_vec()).as_bytes().to_vec();
        Ok(Enveloped {
            topic: self.topic,
            event_id,
            partition_key: partition_key(org, self.container),
            bytes: envelope.encode_to_vec(),
        })
    }
}

/// An event ready for the outbox.
#[derive(Debug, Clone)]
pub struct Enveloped {
    /// Where it goes.
    pub topic: &'static str,
    /// Its id.
    pub event_id: EventId,
    /// What decides its partition; reveals neither organization nor container.
    pub partition_key: [u8; 16],
    /// The envelope.
    pub bytes: Vec<u8>,
}

/// HMAC-SHA256 of the container under the organization's id, 16 bytes: order holds within a container, and a big
/// organization spreads over all partitions.
#[must_use]
pub fn partition_key(org: OrgId, container: Uuid) -> [u8; 16] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, org.uuid().as_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hmac::sign(&key, container.as_bytes()).as_ref()[..16]);
    out
}

/// An authentic event from the bus.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its id: effects are keyed by it.
    pub event_id: EventId,
    /// What order held within.
    pub container: Uuid,
    /// When it happened in the world, microseconds since the epoch.
    pub occurred_at_us: i64,
    /// When its producer wrote it down.
    pub recorded_at_us: i64,
    /// Full name of the payload's message.
    pub type_name: String,
    /// W3C `traceparent`, possibly empty.
    pub traceparent: String,
    payload: Vec<u8>,
    scope: TenantScope,
    topic: String,
    envelope: Bytes,
}

impl Received {
    /// Reads and authenticates an envelope that came on `topic`.
    ///
    /// # Errors
    /// When it is malformed or forged.
    pub fn read(topic: &str, bytes: &Bytes, key: &TicketKey) -> Result<Self, EventError> {
        let mut envelope = wire::Envelope::decode(&bytes[..]).map_err(|_| EventError::Malformed)?;
        if envelope.version != VERSION {
            return Err(EventError::Malformed);
        }
        let tag = Ticket::from_slice(&std::mem::take(&mut envelope.tag)).ok_or(EventError::Malformed)?;
        let org = OrgId::from_slice(&envelope.org_id).ok_or(EventError::Malformed)?;
        let scope =
            TenantScope::of_ticket(key, org, &envelope.encode_to_vec(), &tag).ok_or(EventError::Forged)?;
        Ok(Self {
            event_id: EventId::from_slice(&envelope.event_id).ok_or(EventError::Malformed)?,
            container: Uuid::from_slice(&envelope.container).map_err(|_| EventError::Malformed)?,
            occurred_at_us: envelope.occurred_at_us,
            recorded_at_us: envelope.recorded_at_us,
            type_name: envelope.r#type,
            traceparent: envelope.traceparent,
            payload: envelope.payload,
            scope,
            topic: topic.to_owned(),
            envelope: bytes.clone(),
        })
    }

    /// Where it came from.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The envelope as it came.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// The scope of the organization it is about.
    #[must_use]
    pub const fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// Whether the payload is an `M`.
    #[must_use]
    pub fn is<M: Name>(&self) -> bool {
        self.type_name == M::full_name()
    }

    /// The payload if it is an `M`; `None` for other types, so that consumers pass over what they do not know.
    ///
    /// # Errors
    /// When it says it is an `M` and is not.
    pub fn decode<M: Message + Name + Default>(&self) -> Result<Option<M>, EventError> {
        if !self.is::<M>() {
            return Ok(None);
        }
        M::decode(&self.payload[..]).map(Some).map_err(|_| EventError::Payload(M::NAME))
    }
}

#[cfg(test)]
mod tests {
    use clock::Clock;
    use proptest::prelude::*;

    use super::*;

    fn entropy() -> Entropy {
        Entropy::new(Clock::system())
    }

    fn event() -> Event {
        let payload = wire::SourceRemoved { source_id: vec![5; 16], revision: 3 };
        Event::new(topic::AUDIENCE, Uuid::from_u128(5), 42, &payload)
    }

    fn org(n: u128) -> OrgId {
        OrgId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn an_event_arrives_as_it_was_sent() {
        let key = TicketKey::new(&[1; 32]);
        let sent = event().envelop(org(1), &key, &entropy()).unwrap();
        let got = Received::read(topic::AUDIENCE, &sent.bytes.into(), &key).unwrap();
        assert_eq!(
            (got.event_id, got.container, got.occurred_at_us),
            (sent.event_id, Uuid::from_u128(5), 42)
        );
        assert_eq!((got.scope().org(), got.scope().member()), (org(1), None));
        assert_eq!(got.decode::<wire::SourceRemoved>().unwrap().unwrap().revision, 3);
        assert_eq!(got.decode::<wire::SourceShared>().unwrap(), None);
    }

    #[test]
    fn what_follows_carries_cause_and_trace() {
        let key = TicketKey::new(&[1; 32]);
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let sent = event().traced(trace).envelop(org(1), &key, &entropy()).unwrap();
        let first = Received::read(topic::AUDIENCE, &sent.bytes.into(), &key).unwrap();
        let next = event().caused_by(&first).envelop(org(1), &key, &entropy()).unwrap();
        let wire = wire::Envelope::decode(&next.bytes[..]).unwrap();
        assert_eq!((wire.traceparent.as_str(), wire.causation_id), (trace, first.event_id.to_vec()));
    }

    #[test]
    fn order_holds_within_a_container_and_organizations_do_not_meet() {
        let container = Uuid::from_u128(1);
        assert_eq!(partition_key(org(1), container), partition_key(org(1), container));
        assert_ne!(partition_key(org(1), container), partition_key(org(2), container));
        assert_ne!(partition_key(org(1), container), partition_key(org(1), Uuid::from_u128(2)));
    }

    #[test]
    fn an_oversized_payload_is_refused_before_it_is_written() {
        let huge = wire::SourceShared { key: vec![0; MAX_PAYLOAD], ..Default::default() };
        let event = Event::new(topic::AUDIENCE, Uuid::nil(), 0, &huge);
        let refused = event.envelop(org(1), &TicketKey::new(&[1; 32]), &entropy());
        assert!(matches!(refused, Err(EventError::TooLarge(n)) if n > MAX_PAYLOAD));
    }

    proptest! {
        #[test]
        fn altered_bytes_never_open_a_scope(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let key = TicketKey::new(&[1; 32]);
            let mut bytes = event().envelop(org(1), &key, &entropy()).unwrap().bytes;
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(Received::read(topic::AUDIENCE, &bytes.into(), &key).is_err());
        }

        #[test]
        fn garbage_never_opens_a_scope(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Received::read(topic::AUDIENCE, &bytes.into(), &TicketKey::new(&[1; 32])).is_err());
        }
    }
}
