//! Identifiers that follow from what they name, so that repeats, replays and second imports meet the first.

use ids::{AccountId, IntegrationId, OrgId, SourceId, derived};
use sealing::SecretKey;
use uuid::Uuid;

/// The item that a provider calls `key` inside a source.
pub fn item(org: OrgId, source: SourceId, key: &str) -> Uuid {
    derived(org, &[b"item", source.uuid().as_bytes(), key.as_bytes()])
}

/// The thing (the later story) that a provider calls `key` inside a source.
pub fn thing(org: OrgId, source: SourceId, key: &str) -> Uuid {
    derived(org, &[b"thing", source.uuid().as_bytes(), key.as_bytes()])
}

/// The account of a person. Archives of mail and git know people by address, so they share one namespace; a chat export
/// speaks of the same people as the live chat.
pub fn account(org: OrgId, provider: &str, key: &str) -> AccountId {
    let namespace = namespace(provider);
    AccountId::from_uuid(derived(org, &[b"account", namespace.as_bytes(), key.as_bytes()]))
}

/// Where a person's key is unique.
pub fn namespace(provider: &str) -> &str {
    match provider {
        "git" | "mbox" => "mail",
        "slack-export" => "slack",
        other => other,
    }
}

/// The integration that stands for an archive: the same kind and scope name continue the same import. A private archive is its
/// owner's alone, whatever others call theirs.
pub fn archive(org: OrgId, kind: &str, scope: &str, owner: Option<Uuid>) -> IntegrationId {
    let owner = owner.map(Uuid::into_bytes).unwrap_or_default();
    IntegrationId::from_uuid(derived(org, &[b"archive", kind.as_bytes(), scope.as_bytes(), &owner]))
}

/// Blind hash by which a source is looked up.
pub fn source_key_hash(search: &SecretKey, integration: IntegrationId, canonical: &str) -> [u8; 32] {
    let mut value = integration.uuid().as_bytes().to_vec();
    value.extend_from_slice(canonical.as_bytes());
    search.blind("source", &value)
}

/// Blind hash by which a repeated delivery is recognised.
pub fn dedupe_hash(search: &SecretKey, integration: IntegrationId, delivery_key: &str) -> [u8; 32] {
    let mut value = integration.uuid().as_bytes().to_vec();
    value.extend_from_slice(delivery_key.as_bytes());
    search.blind("delivery", &value)
}

/// How many queues the waiting deliveries are spread over.
pub const SHARDS: i16 = 8;

/// Deliveries of one source wait in one queue, in their order.
pub fn shard(container: Uuid) -> i16 {
    i16::from(container.as_bytes()[15]) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_share_people_with_the_tools_they_come_from() {
        let org = OrgId::from_uuid(Uuid::from_u128(1));
        assert_eq!(account(org, "git", "a@b.c"), account(org, "mbox", "a@b.c"));
        assert_eq!(account(org, "slack", "U1"), account(org, "slack-export", "U1"));
        assert_ne!(account(org, "slack", "1"), account(org, "github", "1"));
    }

    #[test]
    fn a_private_archive_is_its_owners_alone() {
        let org = OrgId::from_uuid(Uuid::from_u128(1));
        let (a, b) = (Some(Uuid::from_u128(2)), Some(Uuid::from_u128(3)));
        assert_ne!(archive(org, "mbox", "inbox", a), archive(org, "mbox", "inbox", b));
        assert_ne!(archive(org, "mbox", "inbox", a), archive(org, "mbox", "inbox", None));
        assert_eq!(archive(org, "mbox", "inbox", a), archive(org, "mbox", "inbox", a));
    }

    #[test]
    fn every_source_has_one_queue() {
        for n in 0..500u128 {
            assert!((0..SHARDS).contains(&shard(Uuid::from_u128(n))));
        }
    }
}
