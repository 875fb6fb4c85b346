//! The events that use cases publish, beside those that the normaliser makes of deliveries.

use ::events::{Event, topic};
use access::Purpose;
use ids::{IntegrationId, OrgId, SourceId};
use proto::events::v1::{AuditEntry, SourceMember, SourceRemoved, SourceShared};
use uuid::Uuid;

/// A source as it is shared from now on.
pub struct Shared {
    pub source: SourceId,
    pub integration: IntegrationId,
    pub provider: String,
    /// Sealed.
    pub key: Vec<u8>,
    pub audience: Uuid,
    pub revision: i64,
}

/// The source is shared, or shared differently.
pub fn source_shared(shared: Shared, at_us: i64) -> Event {
    let event = SourceShared {
        source_id: shared.source.to_vec(),
        integration_id: shared.integration.to_vec(),
        provider: shared.provider,
        key: shared.key,
        audience: shared.audience.as_bytes().to_vec(),
        revision: shared.revision,
    };
    Event::new(topic::AUDIENCE, shared.source.uuid(), at_us, &event)
}

/// The source is no longer shared.
pub fn source_removed(source: SourceId, revision: i64, at_us: i64) -> Event {
    let event = SourceRemoved { source_id: source.to_vec(), revision };
    Event::new(topic::AUDIENCE, source.uuid(), at_us, &event)
}

/// An account, or for a private archive a member, can see the source or no longer can.
pub fn source_member(source: SourceId, account: Uuid, present: bool, at_us: i64) -> Event {
    let account_id = account.as_bytes().to_vec();
    let event = SourceMember { source_id: source.to_vec(), account_id, present, version_us: at_us };
    Event::new(topic::AUDIENCE, source.uuid(), at_us, &event)
}

/// Somebody did something that is written down.
pub fn audit(
    org: OrgId,
    action: &str,
    subject: String,
    actor: String,
    purpose: Purpose,
    at_us: i64,
) -> Event {
    let purpose = purpose.as_str().to_owned();
    let entry = AuditEntry { action: action.to_owned(), subject, actor, purpose, at_us };
    Event::new(topic::AUDIT, org.uuid(), at_us, &entry)
}
