//! Caller tokens: how identity tells a service who calls.
//!
//! A JSON Web Signature in compact form (RFC 7515) with Ed25519 (RFC 8037). The header is fixed but for the key id, so
//! there is no algorithm to be confused about. A token is for one callee and lives five minutes; it carries the caller's
//! rights, never a service's.

use std::{collections::HashMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::{Entropy, NoRandomness};
use ids::{MemberId, OrgId, TeamId};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::{Caller, Method, Purpose, Role, TokenScope};

/// Lifetime of a caller token, microseconds.
const LIFETIME_US: i64 = 5 * 60 * 1_000_000;
/// How far two machines' clocks may differ, microseconds.
const LEEWAY_US: i64 = 5 * 1_000_000;
/// Longest token that is looked at, bytes: some 1,500 teams.
const MAX_LENGTH: usize = 64 * 1024;

/// What identity vouches for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallerClaims {
    /// The organization.
    pub org: OrgId,
    /// The member.
    pub member: MemberId,
    /// The member's role.
    pub role: Role,
    /// Teams the member is in.
    pub teams: Vec<TeamId>,
    /// Limit of the credential used.
    pub scope: TokenScope,
    /// Why.
    pub purpose: Purpose,
    /// By what the member came.
    pub method: Method,
    /// Second factor given.
    pub mfa: bool,
    /// When the member signed in, microseconds since the epoch.
    pub auth_time: i64,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    aud: String,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    claims: CallerClaims,
}

/// Why a token is not believed. Says nothing of what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts of base64url with the expected header and payload.
    #[error("malformed caller token")]
    Malformed,
    /// Signed by no current key.
    #[error("caller token of an unknown key")]
    UnknownKey,
    /// The signature is not of this content.
    #[error("caller token with a wrong signature")]
    Signature,
    /// Meant for another service.
    #[error("caller token for another service")]
    Audience,
    /// Older than five minutes or from the future.
    #[error("caller token out of its time")]
    Expired,
}

/// Identity's signing key.
pub struct SigningKey {
    kid: String,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// From a 32-byte Ed25519 seed; the key id is the beginning of the public key. `None` never for 32 bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        Some(Self { kid: URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[..8]), pair })
    }

    /// A fresh seed, to be kept by whoever owns the key.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn fresh_seed(entropy: &Entropy) -> Result<[u8; 32], NoRandomness> {
        entropy.bytes()
    }

    /// Key id and raw public key, for the services that verify.
    #[must_use]
    pub fn public(&self) -> (String, [u8; 32]) {
        let mut key = [0; 32];
        key.copy_from_slice(self.pair.public_key().as_ref());
        (self.kid.clone(), key)
    }

    /// Issues a token for one callee.
    #[must_use]
    pub fn issue(&self, callee: &str, claims: CallerClaims, now_us: i64) -> String {
        let payload = Payload { aud: callee.to_owned(), iat: now_us, exp: now_us + LIFETIME_US, claims };
        // Plain structs of strings and numbers always serialize.
        let payload = serde_json::to_vec(&payload).unwrap_or_default();
        let signed = format!("{}.{}", header(&self.kid), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

fn header(kid: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","typ":"oz-caller+jwt","kid":"{kid}"}}"#))
}

/// The keys whose tokens one service believes.
#[derive(Debug, Clone)]
pub struct VerifyingKeys {
    callee: String,
    /// By the exact encoded header, so that nothing of a header is ever parsed.
    by_header: HashMap<String, [u8; 32]>,
}

impl VerifyingKeys {
    /// For the service called `callee`.
    #[must_use]
    pub fn new(callee: &str, keys: impl IntoIterator<Item = (String, [u8; 32])>) -> Self {
        let by_header = keys.into_iter().map(|(kid, key)| (header(&kid), key)).collect();
        Self { callee: callee.to_owned(), by_header }
    }

    /// Makes a caller out of a token.
    ///
    /// # Errors
    /// When anything about it is not exactly right.
    pub fn verify(&self, token: &str, now_us: i64) -> Result<Caller, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let key = self.by_header.get(header).ok_or(TokenError::UnknownKey)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
        UnparsedPublicKey::new(&ED25519, key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| TokenError::Signature)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| TokenError::Malformed)?;
        let Payload { aud, iat, exp, claims } =
            serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
        if aud != self.callee {
            return Err(TokenError::Audience);
        }
        if now_us >= exp || iat > now_us + LEEWAY_US {
            return Err(TokenError::Expired);
        }
        Ok(Caller {
            org: claims.org,
            member: claims.member,
            role: claims.role,
            teams: claims.teams.into(),
            token_scope: claims.scope,
            purpose: claims.purpose,
            method: claims.method,
            mfa: claims.mfa,
            authenticated_at: claims.auth_time,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn claims() -> CallerClaims {
        CallerClaims {
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            member: MemberId::from_uuid(Uuid::from_u128(2)),
            role: Role::Admin,
            teams: vec![TeamId::from_uuid(Uuid::from_u128(3))],
            scope: TokenScope::Write,
            purpose: Purpose::ServeTeam,
            method: Method::ApiToken,
            mfa: true,
            auth_time: NOW - 1,
        }
    }

    fn keys() -> (SigningKey, VerifyingKeys) {
        let signing = SigningKey::from_seed(&[1; 32]).unwrap();
        let verifying = VerifyingKeys::new("feed", [signing.public()]);
        (signing, verifying)
    }

    #[test]
    fn a_verified_token_is_its_caller() {
        let (signing, verifying) = keys();
        let caller = verifying.verify(&signing.issue("feed", claims(), NOW), NOW).unwrap();
        assert_eq!(
            (caller.org(), caller.member(), caller.role()),
            (claims().org, claims().member, Role::Admin)
        );
        assert_eq!(caller.method(), Method::ApiToken);
        assert_eq!(
            (caller.teams(), caller.mfa(), caller.authenticated_at_us()),
            (&claims().teams[..], true, NOW - 1)
        );
        assert!(
            caller.permit::<crate::action::ManageMembers>().is_err(),
            "the token's scope limits the role"
        );
    }

    #[test]
    fn it_lives_five_minutes_and_not_before_its_time() {
        let (signing, verifying) = keys();
        let token = signing.issue("feed", claims(), NOW);
        assert!(verifying.verify(&token, NOW + LIFETIME_US - 1).is_ok());
        assert_eq!(verifying.verify(&token, NOW + LIFETIME_US).unwrap_err(), TokenError::Expired);
        assert!(verifying.verify(&token, NOW - LEEWAY_US).is_ok());
        assert_eq!(verifying.verify(&token, NOW - LEEWAY_US - 1).unwrap_err(), TokenError::Expired);
        assert_eq!((LIFETIME_US, LEEWAY_US), (300_000_000, 5_000_000));
    }

    #[test]
    fn another_callee_key_or_content_is_refused() {
        let (signing, verifying) = keys();
        let token = signing.issue("task", claims(), NOW);
        assert_eq!(verifying.verify(&token, NOW).unwrap_err(), TokenError::Audience);
        let stranger = SigningKey::from_seed(&[2; 32]).unwrap();
        assert_eq!(
            verifying.verify(&stranger.issue("feed", claims(), NOW), NOW).unwrap_err(),
            TokenError::UnknownKey
        );

        let token = signing.issue("feed", claims(), NOW);
        let parts: Vec<_> = token.split('.').collect();
        let mut forged: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        forged["role"] = "owner".into();
        let forged = URL_SAFE_NO_PAD.encode(forged.to_string());
        assert_eq!(
            verifying.verify(&format!("{}.{forged}.{}", parts[0], parts[2]), NOW).unwrap_err(),
            TokenError::Signature
        );
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(
            verifying.verify(&format!("{none}.{}.", parts[1]), NOW).unwrap_err(),
            TokenError::UnknownKey
        );
        for bad in ["", ".", "..", "a.b", "a.b.c.d", &"x".repeat(MAX_LENGTH + 1)] {
            assert!(verifying.verify(bad, NOW).is_err(), "{}", bad.len());
        }
    }

    #[test]
    fn an_overlong_token_is_not_even_looked_at() {
        let (signing, verifying) = keys();
        let many = CallerClaims { teams: vec![TeamId::from_uuid(Uuid::from_u128(3)); 3000], ..claims() };
        let token = signing.issue("feed", many, NOW);
        assert!(token.len() > MAX_LENGTH);
        assert_eq!(verifying.verify(&token, NOW).unwrap_err(), TokenError::Malformed);

        let of_length = |bytes: usize| format!("a.b.{}", "c".repeat(bytes - 4));
        assert_eq!(
            verifying.verify(&of_length(65_536), NOW).unwrap_err(),
            TokenError::UnknownKey,
            "looked at"
        );
        assert_eq!(verifying.verify(&of_length(65_537), NOW).unwrap_err(), TokenError::Malformed);
    }

    #[test]
    fn rotation_believes_both_keys_until_the_old_one_is_dropped() {
        let (old, new) = (SigningKey::from_seed(&[1; 32]).unwrap(), SigningKey::from_seed(&[2; 32]).unwrap());
        let both = VerifyingKeys::new("feed", [old.public(), new.public()]);
        let only_new = VerifyingKeys::new("feed", [new.public()]);
        let token = old.issue("feed", claims(), NOW);
        assert!(both.verify(&token, NOW).is_ok());
        assert!(both.verify(&new.issue("feed", claims(), NOW), NOW).is_ok());
        assert_eq!(only_new.verify(&token, NOW).unwrap_err(), TokenError::UnknownKey);
        assert!(!format!("{old:?}").is_empty());
        let entropy = Entropy::new(clock::Clock::system());
        assert_ne!(SigningKey::fresh_seed(&entropy).unwrap(), SigningKey::fresh_seed(&entropy).unwrap());
    }
}
