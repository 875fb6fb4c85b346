//! The same request twice is one request: answers kept by `Idempotency-Key`.
//!
//! Address, sealing key and fingerprint key all follow from the caller's credential and the idempotency key (HKDF-SHA256,
//! RFC 5869), and Redis gets neither. So whoever reads Redis learns nothing, and another caller with the same idempotency key
//! has another entry. Answers are sealed with AES-256-GCM; a fingerprint is an HMAC, so that a guessed body cannot be tried.

use clock::{Entropy, NoRandomness};
use redis::Script;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};

use crate::{Away, Redis, hex};

/// How long an answer is kept.
const KEPT_MS: u64 = 24 * 60 * 60 * 1000;
/// How long a request may run before its claim lapses; longer than any time limit of the gateway.
const CLAIM_MS: u64 = 120 * 1000;
const FINGERPRINT: usize = 32;
const RUNNING: u8 = b'r';
const DONE: u8 = b'd';

const CLAIM: &str = r"
local there = redis.call('GET', KEYS[1])
if there then return there end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
";
const FINISH: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
";
const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
";

/// An answer as it went out.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers worth repeating.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, …)", self.status)
    }
}

/// What is known about an idempotency key.
#[derive(Debug)]
pub enum Claim {
    /// Nobody had it: do the work, then [`Replays::finish`] or [`Replays::release`].
    Mine(Box<Ticket>),
    /// The work was done; this was the answer.
    Replay(Answer),
    /// The first request with it is still running.
    Running,
    /// It was used for another request.
    Mismatch,
}

/// The right to answer for an idempotency key.
pub struct Ticket {
    address: String,
    sealing: LessSafeKey,
    claim: Vec<u8>,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(…)")
    }
}

/// Why nothing can be said about an idempotency key.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Redis is away.
    #[error(transparent)]
    Away(#[from] Away),
    /// Nothing can be sealed.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The cipher refused, or what Redis holds is not what was put there.
    #[error("an answer could not be sealed or opened")]
    Sealing,
}

/// Keeps answers.
#[derive(Debug, Clone)]
pub struct Replays {
    redis: Redis,
    entropy: Entropy,
    scripts: [Script; 3],
}

impl Replays {
    /// Keeps them in this Redis.
    #[must_use]
    pub fn new(redis: Redis, entropy: Entropy) -> Self {
        Self { redis, entropy, scripts: [CLAIM, FINISH, RELEASE].map(Script::new) }
    }

    /// Claims `key` of the caller with `credential` for a request made of `parts` (method, path, body).
    ///
    /// # Errors
    /// When Redis is away or holds something that does not open.
    pub async fn claim(&self, credential: &[u8], key: &[u8], parts: &[&[u8]]) -> Result<Claim, ReplayError> {
        let keys = Keys::derive(credential, key)?;
        let fingerprint = keys.fingerprint(parts);
        let mut claim = vec![RUNNING];
        claim.extend_from_slice(&fingerprint);
        // Tells this claim from a later one, should this one lapse.
        claim.extend_from_slice(&self.entropy.bytes::<16>()?);
        let mut invocation = self.scripts[0].key(&keys.address);
        invocation.arg(claim.as_slice()).arg(CLAIM_MS);
        let there: Option<Vec<u8>> =
            invocation.invoke_async(&mut self.redis.connection()).await.map_err(Away::from)?;
        let Some(there) = there else {
            return Ok(Claim::Mine(Box::new(Ticket { address: keys.address, sealing: keys.sealing, claim })));
        };
        let (state, rest) = there.split_first().ok_or(ReplayError::Sealing)?;
        let (before, sealed) = rest.split_at_checked(FINGERPRINT).ok_or(ReplayError::Sealing)?;
        if before != fingerprint {
            return Ok(Claim::Mismatch);
        }
        if *state == RUNNING {
            return Ok(Claim::Running);
        }
        open(&keys.sealing, &keys.address, sealed).map(Claim::Replay)
    }

    /// Keeps the answer for a day.
    ///
    /// # Errors
    /// When Redis is away: a repeat would then be done again once the claim has lapsed.
    pub async fn finish(&self, ticket: &Ticket, answer: &Answer) -> Result<(), ReplayError> {
        let mut value = vec![DONE];
        value.extend_from_slice(&ticket.claim[1..=FINGERPRINT]);
        let nonce = self.entropy.bytes::<NONCE_LEN>()?;
        value.extend_from_slice(&nonce);
        let mut plain = encode(answer);
        ticket
            .sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(ticket.address.as_bytes()),
                &mut plain,
            )
            .map_err(|_| ReplayError::Sealing)?;
        value.append(&mut plain);
        let mut invocation = self.scripts[1].key(&ticket.address);
        invocation.arg(ticket.claim.as_slice()).arg(value).arg(KEPT_MS);
        let _kept: u8 = invocation.invoke_async(&mut self.redis.connection()).await.map_err(Away::from)?;
        Ok(())
    }

    /// Gives the key back: the work was not done, so a repeat may do it.
    ///
    /// # Errors
    /// When Redis is away: the claim then lapses by itself after two minutes.
    pub async fn release(&self, ticket: &Ticket) -> Result<(), ReplayError> {
        let mut invocation = self.scripts[2].key(&ticket.address);
        invocation.arg(ticket.claim.as_slice());
        let _gone: u8 = invocation.invoke_async(&mut self.redis.connection()).await.map_err(Away::from)?;
        Ok(())
    }
}

struct Keys {
    address: String,
    sealing: LessSafeKey,
    fingerprint: hmac::Key,
}

#[derive(Clone, Copy)]
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Keys {
    fn derive(credential: &[u8], key: &[u8]) -> Result<Self, ReplayError> {
        let secret = Salt::new(HKDF_SHA256, b"oz replay v1").extract(credential);
        let info = [key];
        let mut bytes = [0; 80];
        secret
            .expand(&info, Length(bytes.len()))
            .and_then(|expanded| expanded.fill(&mut bytes))
            .map_err(|_| ReplayError::Sealing)?;
        let sealing = UnboundKey::new(&AES_256_GCM, &bytes[16..48]).map_err(|_| ReplayError::Sealing)?;
        Ok(Self {
            address: format!("oz:replay:{}", hex(&bytes[..16])),
            sealing: LessSafeKey::new(sealing),
            fingerprint: hmac::Key::new(hmac::HMAC_SHA256, &bytes[48..]),
        })
    }

    fn fingerprint(&self, parts: &[&[u8]]) -> [u8; FINGERPRINT] {
        let mut context = hmac::Context::with_key(&self.fingerprint);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut out = [0; FINGERPRINT];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

fn open(sealing: &LessSafeKey, address: &str, sealed: &[u8]) -> Result<Answer, ReplayError> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(ReplayError::Sealing)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| ReplayError::Sealing)?;
    let mut buffer = sealed.to_vec();
    let plain = sealing
        .open_in_place(nonce, Aad::from(address.as_bytes()), &mut buffer)
        .map_err(|_| ReplayError::Sealing)?;
    decode(plain).ok_or(ReplayError::Sealing)
}

/// Status, number of headers, headers, body; texts with their length before them, big-endian.
fn encode(answer: &Answer) -> Vec<u8> {
    let mut out = answer.status.to_be_bytes().to_vec();
    let mut text = |bytes: &[u8]| {
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    text(&answer.body);
    for (name, value) in &answer.headers {
        text(name.as_bytes());
        text(value);
    }
    out
}

fn decode(bytes: &[u8]) -> Option<Answer> {
    let (status, mut rest) = bytes.split_first_chunk::<2>()?;
    let mut text = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (value, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = after;
        Some((value.to_vec(), after.is_empty()))
    };
    let (body, mut end) = text()?;
    let mut headers = Vec::new();
    while !end {
        let (name, _) = text()?;
        let (value, last) = text()?;
        headers.push((String::from_utf8(name).ok()?, value));
        end = last;
    }
    Some(Answer { status: u16::from_be_bytes(*status), headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            status: 201,
            headers: vec![("etag".into(), b"\"7\"".to_vec()), ("x".into(), vec![])],
            body: b"{}".to_vec(),
        }
    }

    #[test]
    fn an_answer_survives_its_encoding_and_a_cut_one_is_refused() {
        for whole in [answer(), Answer { headers: vec![], ..answer() }, Answer { body: vec![], ..answer() }] {
            let bytes = encode(&whole);
            assert_eq!(decode(&bytes), Some(whole));
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        }
    }

    #[test]
    fn address_and_keys_depend_on_credential_and_key() {
        let of = |credential: &[u8], key: &[u8]| Keys::derive(credential, key).unwrap();
        let mine = of(b"token", b"key");
        assert_eq!(mine.address, of(b"token", b"key").address);
        assert_ne!(mine.address, of(b"other", b"key").address);
        assert_ne!(mine.address, of(b"token", b"kez").address);
        assert_ne!(mine.fingerprint(&[b"a", b"bc"]), mine.fingerprint(&[b"ab", b"c"]));
        assert_ne!(mine.fingerprint(&[b"a"]), of(b"other", b"key").fingerprint(&[b"a"]));
    }
}
