//! Authenticated encryption and blind hashes under an organization's keys.
//!
//! A sealed blob is `0x01 ‖ key version (4 bytes) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. The additional data is
//! organization, kind, id and key version, each length-prefixed: a blob moved to another row, another kind or another
//! organization does not open. Destroying the keys makes every blob noise.

use std::{collections::BTreeMap, fmt};

use clock::{Entropy, NoRandomness};
use ids::OrgId;
use ring::{aead, hkdf, hmac};
use uuid::Uuid;

const FORMAT: u8 = 1;
const HEADER: usize = 1 + 4 + aead::NONCE_LEN;

/// 32 secret bytes that never print.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes key bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From a slice; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn random(entropy: &Entropy) -> Result<Self, NoRandomness> {
        entropy.bytes().map(Self)
    }

    /// The bytes, for wrapping and for handing to another service over an authenticated channel.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// An independent key for one purpose (HKDF-SHA256, RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        let mut out = [0; 32];
        let info = [purpose.as_bytes()];
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"oz").extract(&self.0);
        let filled = extracted.expand(&info, hkdf::HKDF_SHA256).map(|okm| okm.fill(&mut out));
        debug_assert!(matches!(filled, Ok(Ok(()))), "32 bytes are within HKDF's bound");
        Self(out)
    }

    /// Keyed hash of a value that must be looked up without being kept: HMAC-SHA256.
    #[must_use]
    pub fn blind(&self, field: &str, value: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
        context.update(value);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// What a blob is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The organization whose key it is.
    pub org: OrgId,
    /// What sort of content: `item`, `source`, `account`, `member`, `delivery`, …
    pub kind: &'a str,
    /// The id of the thing it belongs to.
    pub id: Uuid,
}

impl Binding<'_> {
    fn additional_data(&self, version: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(40 + self.kind.len());
        out.extend_from_slice(self.org.uuid().as_bytes());
        out.extend_from_slice(&(self.kind.len() as u32).to_be_bytes());
        out.extend_from_slice(self.kind.as_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&version.to_be_bytes());
        out
    }
}

/// Why a blob could not be sealed or opened. Texts carry neither content nor key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The organization has no key of the version the blob names: rotated away or erased.
    #[error("no key of version {0}")]
    NoKey(u32),
    /// Cut, altered, or bound to something else.
    #[error("sealed blob does not open here")]
    Broken,
    /// No randomness for a nonce.
    #[error("the machine gave no randomness")]
    NoRandomness,
}

/// An organization's keys: every version that can still open, the newest of which seals, and the key of its blind hashes.
#[derive(Clone)]
pub struct OrgKeys {
    content: BTreeMap<u32, (SecretKey, aead::LessSafeKey)>,
    search: SecretKey,
}

impl OrgKeys {
    /// Builds from the content keys by version and the search key; `None` without any content key.
    #[must_use]
    pub fn new(content: impl IntoIterator<Item = (u32, SecretKey)>, search: SecretKey) -> Option<Self> {
        let content: BTreeMap<_, _> = content
            .into_iter()
            .filter_map(|(version, key)| {
                let unbound = aead::UnboundKey::new(&aead::AES_256_GCM, key.expose()).ok()?;
                Some((version, (key, aead::LessSafeKey::new(unbound))))
            })
            .collect();
        (!content.is_empty()).then_some(Self { content, search })
    }

    /// Version that seals.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.content.last_key_value().map_or(0, |(version, _)| *version)
    }

    /// The key under which words and names are hashed for look-up. It does not rotate with the content keys: the index
    /// would have to be built again.
    #[must_use]
    pub const fn search(&self) -> &SecretKey {
        &self.search
    }

    /// Seals under the newest version. Random 96-bit nonces: one key serves at most 2³² blobs (NIST SP 800-38D, 8.3),
    /// which rotation keeps far away.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn seal(&self, binding: Binding<'_>, plain: &[u8], entropy: &Entropy) -> Result<Vec<u8>, SealError> {
        let (version, (_, key)) = self.content.last_key_value().ok_or(SealError::NoKey(0))?;
        let nonce: [u8; aead::NONCE_LEN] = entropy.bytes().map_err(|_| SealError::NoRandomness)?;
        let mut out = Vec::with_capacity(HEADER + plain.len() + aead::MAX_TAG_LEN);
        out.push(FORMAT);
        out.extend_from_slice(&version.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let data = aead::Aad::from(binding.additional_data(*version));
        let tag = key
            .seal_in_place_separate_tag(aead::Nonce::assume_unique_for_key(nonce), data, &mut out[HEADER..])
            .map_err(|_| SealError::Broken)?;
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    /// Opens what [`OrgKeys::seal`] made under the same binding.
    ///
    /// # Errors
    /// When the key is gone or the blob was altered or belongs elsewhere.
    pub fn open(&self, binding: Binding<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (header, body) = sealed.split_at_checked(HEADER).ok_or(SealError::Broken)?;
        let [FORMAT, v0, v1, v2, v3, nonce @ ..] = header else { return Err(SealError::Broken) };
        let version = u32::from_be_bytes([*v0, *v1, *v2, *v3]);
        let (_, key) = self.content.get(&version).ok_or(SealError::NoKey(version))?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let mut body = body.to_vec();
        let data = aead::Aad::from(binding.additional_data(version));
        let length = key.open_in_place(nonce, data, &mut body).map_err(|_| SealError::Broken)?.len();
        body.truncate(length);
        Ok(body)
    }
}

impl fmt::Debug for OrgKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgKeys(newest {})", self.newest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entropy() -> Entropy {
        Entropy::new(clock::Clock::system())
    }

    fn keys(versions: &[u32]) -> OrgKeys {
        let content = versions.iter().map(|v| (*v, SecretKey::new([*v as u8; 32])));
        OrgKeys::new(content, SecretKey::new([9; 32])).unwrap()
    }

    fn binding(org: u128, kind: &str, id: u128) -> Binding<'_> {
        Binding { org: OrgId::from_uuid(Uuid::from_u128(org)), kind, id: Uuid::from_u128(id) }
    }

    #[test]
    fn opens_only_where_it_was_bound() {
        let keys = keys(&[1]);
        let sealed = keys.seal(binding(1, "item", 1), b"canary", &entropy()).unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"canary"));
        assert_eq!(keys.open(binding(1, "item", 1), &sealed).unwrap(), b"canary");
        for other in [binding(2, "item", 1), binding(1, "text", 1), binding(1, "item", 2)] {
            assert_eq!(keys.open(other, &sealed), Err(SealError::Broken));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let keys = keys(&[1]);
        let sealed = keys.seal(binding(1, "item", 1), b"text", &entropy()).unwrap();
        for i in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[i / 8] ^= 1 << (i % 8);
            assert!(keys.open(binding(1, "item", 1), &bad).is_err(), "bit {i}");
            assert!(keys.open(binding(1, "item", 1), &sealed[..i / 8]).is_err());
        }
    }

    #[test]
    fn rotation_keeps_the_old_readable_until_its_key_is_destroyed() {
        let old = keys(&[1]).seal(binding(1, "item", 1), b"x", &entropy()).unwrap();
        let both = keys(&[1, 2]);
        assert_eq!(both.newest(), 2);
        assert_eq!(both.open(binding(1, "item", 1), &old).unwrap(), b"x");
        assert_eq!(keys(&[2]).open(binding(1, "item", 1), &old), Err(SealError::NoKey(1)));
        let new = both.seal(binding(1, "item", 1), b"y", &entropy()).unwrap();
        assert_eq!(keys(&[1]).open(binding(1, "item", 1), &new), Err(SealError::NoKey(2)));
    }

    #[test]
    fn keys_do_not_print() {
        let shown = format!("{:?} {:?}", SecretKey::new([0x41; 32]), keys(&[3]));
        assert_eq!(shown, "SecretKey(…) OrgKeys(newest 3)");
    }

    #[test]
    fn derived_keys_and_blind_hashes_depend_on_purpose_and_field() {
        let key = SecretKey::new([1; 32]);
        assert_ne!(key.derive("a").expose(), key.derive("b").expose());
        assert_ne!(key.blind("email", b"x"), key.blind("handle", b"x"));
        assert_ne!(key.blind("ab", b"c"), key.blind("a", b"bc"));
        assert_eq!(key.blind("email", b"x"), key.blind("email", b"x"));
    }
}
