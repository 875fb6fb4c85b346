//! Typed identifiers: one type per kind of thing, one registry.
//!
//! An identifier is a UUID inside and a [TypeID](https://github.com/jetify-com/typeid) outside: a prefix that
//! names the kind, an underscore, and 26 characters of Crockford base32. It is parsed at the edge, once.

use std::{fmt, str::FromStr};

use ring::hmac;
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The prefix names another kind or none.
    #[error("expected an id that starts with {expected}_")]
    Prefix {
        /// The prefix of the expected kind.
        expected: &'static str,
    },
    /// The part after the prefix is not 26 characters of lower-case Crockford base32.
    #[error("malformed id")]
    Malformed,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Takes a UUID that is known to be of this kind: freshly made, or read from this kind's column.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// From the 16 bytes of an event field; `None` when there are not 16.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }

            /// The 16 bytes as an event field carries them.
            #[must_use]
            pub fn to_vec(self) -> Vec<u8> {
                self.0.as_bytes().to_vec()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let suffix = text
                    .strip_prefix(concat!($prefix, "_"))
                    .ok_or(ParseIdError::Prefix { expected: $prefix })?;
                decode(suffix).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An organization: the tenant.
    OrgId = "org";
    /// A member of an organization.
    MemberId = "mbr";
    /// A team inside an organization.
    TeamId = "team";
    /// An invitation that nobody accepted yet.
    InvitationId = "inv";
    /// A sign-in session.
    SessionId = "ses";
    /// A one-time sign-in link.
    LinkId = "link";
    /// An API token.
    TokenId = "tok";
    /// An audit entry.
    AuditId = "aud";
    /// A connection to a provider, or an imported archive.
    IntegrationId = "int";
    /// A source that is shared: a repository, a channel, a mailbox.
    SourceId = "src";
    /// One delivery as it arrived.
    DeliveryId = "dlv";
    /// A message or comment.
    MessageId = "msg";
    /// A file.
    FileId = "file";
    /// A change, roadmap item or event: items that have no routes of their own.
    ItemId = "item";
    /// A provider account.
    AccountId = "acct";
    /// A task list.
    ListId = "list";
    /// A task.
    TaskId = "task";
    /// A suggestion of a task or of a change to one.
    SuggestionId = "sug";
    /// A story: activities of one thing, folded.
    StoryId = "story";
    /// An event on the bus.
    EventId = "evt";
}

/// An identifier that follows from what it names: the same external thing gets the same identifier every time, so that
/// repeats, replays and second imports meet the first. HMAC-SHA256 of the parts under the organization's id, as UUID version 8
/// (RFC 9562). The parts are length-prefixed: ("ab","c") and ("a","bc") differ.
#[must_use]
pub fn derived(org: OrgId, parts: &[&[u8]]) -> Uuid {
    let key = hmac::Key::new(hmac::HMAC_SHA256, org.0.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.sign().as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// 128 bits as 26 base32 characters, most significant first; the first carries 3 bits.
fn encode(uuid: Uuid) -> String {
    let value = uuid.as_u128();
    (0..26).rev().map(|i| char::from(ALPHABET[(value >> (i * 5)) as usize & 31])).collect()
}

fn decode(text: &str) -> Result<Uuid, ParseIdError> {
    let bytes = text.as_bytes();
    if bytes.len() != 26 || bytes[0] > b'7' {
        return Err(ParseIdError::Malformed);
    }
    bytes
        .iter()
        .try_fold(0u128, |value, byte| {
            let digit = ALPHABET.iter().position(|letter| letter == byte)?;
            Some(value << 5 | digit as u128)
        })
        .map(Uuid::from_u128)
        .ok_or(ParseIdError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_the_published_vector() {
        // From the TypeID specification's valid.json.
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(OrgId::from_uuid(uuid).to_string(), "org_01h455vb4pex5vsknk084sn02q");
        assert_eq!("org_01h455vb4pex5vsknk084sn02q".parse(), Ok(OrgId::from_uuid(uuid)));
    }

    #[test]
    fn every_value_survives_the_round_trip() {
        for value in [0, 1, u128::MAX, u128::MAX / 3, 1 << 127] {
            let id = TaskId::from_uuid(Uuid::from_u128(value));
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(TaskId::from_slice(&id.to_vec()), Some(id));
        }
    }

    #[test]
    fn another_kind_or_garbage_is_refused() {
        let id = TaskId::from_uuid(Uuid::from_u128(7)).to_string();
        assert_eq!(id.parse::<OrgId>(), Err(ParseIdError::Prefix { expected: "org" }));
        for bad in [
            "org_",
            "org_81h455vb4pex5vsknk084sn02q",
            "org_01h455vb4pex5vsknk084sn02Q",
            "org_01h455vb4pex5vsknk084sn02qq",
        ] {
            assert_eq!(bad.parse::<OrgId>(), Err(ParseIdError::Malformed), "{bad}");
        }
    }

    #[test]
    fn derived_ids_depend_on_every_part_and_on_the_organization() {
        let a = OrgId::from_uuid(Uuid::from_u128(1));
        let b = OrgId::from_uuid(Uuid::from_u128(2));
        let id = derived(a, &[b"ab", b"c"]);
        assert_eq!(id, derived(a, &[b"ab", b"c"]));
        assert_ne!(id, derived(a, &[b"a", b"bc"]));
        assert_ne!(id, derived(b, &[b"ab", b"c"]));
        assert_eq!(id.get_version_num(), 8);
    }
}
