//! Secrets that people present: sessions, API tokens, one-time links.
//!
//! `oz_`, `ozs_` or `ozl_`, then base64url of id ‖ organization ‖ 32 random bytes. A credential names its organization, so that
//! it is looked up inside that organization alone; only its SHA-256 is kept.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::{Entropy, NoRandomness};
use ids::OrgId;
use ring::digest;
use uuid::Uuid;

/// Characters after the kind that are shown to recognise a credential by: the time and 24 random bits of its id.
const SHOWN: usize = 12;

/// What a credential opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ApiToken,
    Session,
    Link,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::ApiToken => "oz_",
            Self::Session => "ozs_",
            Self::Link => "ozl_",
        }
    }
}

/// A credential in the clear: just made, or just presented.
pub(crate) struct Credential {
    kind: Kind,
    id: Uuid,
    org: OrgId,
    secret: [u8; 32],
}

impl Credential {
    /// A fresh one.
    pub(crate) fn fresh(kind: Kind, org: OrgId, entropy: &Entropy) -> Result<Self, NoRandomness> {
        Ok(Self { kind, id: entropy.uuid(), org, secret: entropy.bytes()? })
    }

    /// Reads what somebody presents; `None` when it is not of this kind.
    pub(crate) fn parse(kind: Kind, text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(kind.prefix())?;
        let bytes: [u8; 64] = URL_SAFE_NO_PAD.decode(encoded).ok()?.try_into().ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (org, secret) = rest.split_first_chunk::<16>()?;
        let secret = secret.try_into().ok()?;
        Some(Self { kind, id: Uuid::from_bytes(*id), org: OrgId::from_uuid(Uuid::from_bytes(*org)), secret })
    }

    pub(crate) const fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) const fn org(&self) -> OrgId {
        self.org
    }

    /// What is kept of it: SHA-256 of all of it. The secret has 256 bits, so there is nothing to guess and nothing to salt.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.reveal().as_bytes()).as_ref().to_vec()
    }

    /// The text to hand out, once.
    pub(crate) fn reveal(&self) -> String {
        let bytes = [&self.id.as_bytes()[..], self.org.uuid().as_bytes(), &self.secret].concat();
        format!("{}{}", self.kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Its first characters, to recognise it by.
    pub(crate) fn shown(&self) -> String {
        self.reveal().chars().take(self.kind.prefix().len() + SHOWN).collect()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({:?}, …)", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(kind: Kind) -> Credential {
        let entropy = Entropy::new(clock::Clock::system());
        Credential::fresh(kind, OrgId::from_uuid(Uuid::from_u128(7)), &entropy).unwrap()
    }

    #[test]
    fn a_credential_comes_back_as_the_same_and_as_no_other_kind() {
        for kind in [Kind::ApiToken, Kind::Session, Kind::Link] {
            let made = fresh(kind);
            let read = Credential::parse(kind, &made.reveal()).unwrap();
            assert_eq!((read.id(), read.org(), read.hash()), (made.id(), made.org(), made.hash()));
            for other in [Kind::ApiToken, Kind::Session, Kind::Link] {
                assert_eq!(Credential::parse(other, &made.reveal()).is_some(), other == kind);
            }
        }
    }

    #[test]
    fn a_changed_character_changes_the_hash_or_does_not_parse() {
        let made = fresh(Kind::Session);
        let text = made.reveal();
        for at in 4..text.len() {
            let mut bad = text.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            let read = Credential::parse(Kind::Session, std::str::from_utf8(&bad).unwrap());
            assert!(read.is_none_or(|read| read.hash() != made.hash()), "character {at}");
        }
        for bad in ["", "ozs_", "oz_", &text[..text.len() - 1], &format!("{text}A")] {
            assert!(Credential::parse(Kind::Session, bad).is_none());
        }
    }

    #[test]
    fn what_is_shown_tells_tokens_apart_and_reveals_no_secret() {
        let (a, b) = (fresh(Kind::ApiToken), fresh(Kind::ApiToken));
        assert_ne!(a.shown(), b.shown());
        assert_eq!(a.shown().len(), 15);
        assert_eq!(format!("{a:?}"), "Credential(ApiToken, …)");
    }
}
