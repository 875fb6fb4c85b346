//! Data keys at rest: sealed under the key-encryption key, bound to whose they are and what for.

use std::fmt;

use clock::Entropy;
use ids::OrgId;
use sealing::{Binding, OrgKeys, SealError, SecretKey};
use uuid::Uuid;

/// The key under which all other keys are wrapped. It is in the configuration and never in the database.
#[derive(Clone)]
pub struct KeyEncryptionKey(OrgKeys);

/// What a wrapped key is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyName<'a> {
    /// Whose.
    pub(crate) org: OrgId,
    /// What for: `content`, `search`, `signing`.
    pub(crate) purpose: &'a str,
    /// Which version of it.
    pub(crate) version: u32,
    /// Which one of several, where they have ids; else nil.
    pub(crate) id: Uuid,
}

impl KeyEncryptionKey {
    /// Takes the key from the configuration; `None` never for 32 bytes.
    #[must_use]
    pub fn new(key: SecretKey) -> Option<Self> {
        OrgKeys::new([(1, key.clone())], key).map(Self)
    }

    /// AES-256-GCM under a fresh nonce.
    pub(crate) fn wrap(
        &self,
        name: KeyName<'_>,
        key: &SecretKey,
        entropy: &Entropy,
    ) -> Result<Vec<u8>, SealError> {
        let kind = name.kind();
        self.0.seal(Binding { org: name.org, kind: &kind, id: name.id }, key.expose(), entropy)
    }

    /// Opens what [`Self::wrap`] made under the same name.
    pub(crate) fn unwrap(&self, name: KeyName<'_>, wrapped: &[u8]) -> Result<SecretKey, SealError> {
        let kind = name.kind();
        let bytes = self.0.open(Binding { org: name.org, kind: &kind, id: name.id }, wrapped)?;
        SecretKey::from_slice(&bytes).ok_or(SealError::Broken)
    }
}

impl KeyName<'_> {
    fn kind(&self) -> String {
        format!("key/{}/{}", self.purpose, self.version)
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_only_under_its_own_name_and_key() {
        let entropy = Entropy::new(clock::Clock::system());
        let kek = KeyEncryptionKey::new(SecretKey::new([1; 32])).unwrap();
        let other = KeyEncryptionKey::new(SecretKey::new([2; 32])).unwrap();
        let org = OrgId::from_uuid(Uuid::from_u128(1));
        let name = KeyName { org, purpose: "content", version: 1, id: Uuid::nil() };
        let wrapped = kek.wrap(name, &SecretKey::new([7; 32]), &entropy).unwrap();
        assert_eq!(kek.unwrap(name, &wrapped).unwrap().expose(), &[7; 32]);
        assert!(!wrapped.windows(8).any(|w| w == [7; 8]));
        assert!(other.unwrap(name, &wrapped).is_err());
        let stranger = OrgId::from_uuid(Uuid::from_u128(2));
        for wrong in [
            KeyName { org: stranger, ..name },
            KeyName { purpose: "search", ..name },
            KeyName { version: 2, ..name },
            KeyName { id: Uuid::from_u128(1), ..name },
        ] {
            assert!(kek.unwrap(wrong, &wrapped).is_err(), "{wrong:?}");
        }
        assert_eq!(format!("{kek:?}"), "KeyEncryptionKey(…)");
    }
}
