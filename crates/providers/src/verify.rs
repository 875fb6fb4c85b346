//! Whether a delivery really comes from the provider: over the raw bytes, in constant time, failing closed.
//!
//! The caller picks the secrets by the integration in the URL, never by anything in the body.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER_PERMISSIVE;
use ring::hmac;

use crate::table;

/// The request's headers as a look-up by lower-case name; of a repeated header, the first.
pub type Headers<'a> = dyn Fn(&str) -> Option<&'a [u8]> + 'a;

/// A delivery whose origin is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Two deliveries of one integration with the same key are the same delivery.
    pub delivery_key: String,
    /// The provider's name of the event (`issues`, `message`).
    pub event: String,
    /// To be answered as text with status 200, storing nothing (Slack's `url_verification`).
    pub challenge: Option<String>,
    /// How often the provider has already tried, where it says so.
    pub retry: Option<u32>,
}

/// Why a delivery is not taken in. Nothing of it may be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such provider, or one without deliveries.
    #[error("this provider has no deliveries")]
    NoHook,
    /// The integration has no secret, or only empty ones.
    #[error("no signing secret is set")]
    NoSecret,
    /// A header that the provider always sends is absent.
    #[error("missing header {0}")]
    MissingHeader(&'static str),
    /// A header is not of the documented form.
    #[error("malformed header {0}")]
    MalformedHeader(&'static str),
    /// Only the abandoned SHA-1 signature was sent.
    #[error("only a SHA-1 signature was sent")]
    WeakSignature,
    /// No valid secret signed these bytes.
    #[error("the signature does not match")]
    WrongSignature,
    /// Signed too long ago, or in the future.
    #[error("the signature's time is outside the window")]
    Stale,
    /// Larger than the provider ever sends.
    #[error("the body exceeds the provider's limit")]
    TooLarge,
    /// The signature is right, but the hook is set to send forms.
    #[error("form-encoded delivery: set the hook's content type to application/json")]
    FormEncoded,
    /// The signature is right, but the body lacks what identifies it.
    #[error("malformed body at {0}")]
    MalformedBody(&'static str),
}

impl Refusal {
    /// Stable code for metrics and the integration's log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoHook => "no_hook",
            Self::NoSecret => "no_secret",
            Self::MissingHeader(_) => "missing_header",
            Self::MalformedHeader(_) => "malformed_header",
            Self::WeakSignature => "weak_signature",
            Self::WrongSignature => "wrong_signature",
            Self::Stale => "stale",
            Self::TooLarge => "too_large",
            Self::FormEncoded => "form_encoded",
            Self::MalformedBody(_) => "malformed_body",
        }
    }
}

/// Verifies a delivery for `provider` with the integration's secrets (two while rotating).
///
/// # Errors
/// [`Refusal`] for anything but a complete, fresh, rightly signed delivery.
pub fn verify(
    provider: &str,
    headers: &Headers<'_>,
    body: &[u8],
    secrets: &[&[u8]],
    now: DateTime<Utc>,
) -> Result<Verified, Refusal> {
    let hook = table::provider(provider).and_then(|row| row.hook.as_ref()).ok_or(Refusal::NoHook)?;
    if body.len() > hook.body_cap_bytes {
        return Err(Refusal::TooLarge);
    }
    (hook.verify)(headers, body, secrets, now)
}

/// The value of a header as text, by its documented name.
pub(crate) fn header<'a>(headers: &Headers<'a>, name: &'static str) -> Result<&'a str, Refusal> {
    let value = headers(&name.to_ascii_lowercase()).ok_or(Refusal::MissingHeader(name))?;
    std::str::from_utf8(value).map_err(|_| Refusal::MalformedHeader(name))
}

/// The bytes of an HMAC-SHA256 written as `<prefix><hex>`.
pub(crate) fn hex_tag(value: &str, prefix: &str, name: &'static str) -> Result<Vec<u8>, Refusal> {
    value
        .strip_prefix(prefix)
        .and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok())
        .filter(|tag| tag.len() == ring::digest::SHA256_OUTPUT_LEN)
        .ok_or(Refusal::MalformedHeader(name))
}

/// Succeeds when one of the secrets signed `message` with HMAC-SHA256. Empty secrets do not count.
pub(crate) fn signed_by_one(secrets: &[&[u8]], message: &[u8], tag: &[u8]) -> Result<(), Refusal> {
    let mut usable = secrets.iter().filter(|secret| !secret.is_empty()).peekable();
    if usable.peek().is_none() {
        return Err(Refusal::NoSecret);
    }
    usable
        .any(|secret| hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), message, tag).is_ok())
        .then_some(())
        .ok_or(Refusal::WrongSignature)
}

/// Whether the delivery declares itself an HTML form.
pub(crate) fn is_form(headers: &Headers<'_>) -> bool {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    headers("content-type")
        .is_some_and(|value| value.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM)))
}
