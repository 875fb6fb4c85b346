//! `X-Hub-Signature-256`: <https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries>.
//!
//! The signature covers the body alone: neither a time nor the other headers. A replay is found by its delivery id,
//! and, should that have been altered, by the item keys and versions of what it says.

use chrono::{DateTime, Utc};

use crate::verify::{Headers, Refusal, Verified, header, hex_tag, is_form, signed_by_one};

const SIGNATURE: &str = "X-Hub-Signature-256";
const DELIVERY: &str = "X-GitHub-Delivery";
const EVENT: &str = "X-GitHub-Event";

/// The longest delivery id or event name that is believed.
const LONGEST_TOKEN: usize = 128;

pub(crate) fn verify(
    headers: &Headers<'_>,
    body: &[u8],
    secrets: &[&[u8]],
    _now: DateTime<Utc>,
) -> Result<Verified, Refusal> {
    let signature = header(headers, SIGNATURE).map_err(|refusal| {
        let only_sha1 = matches!(refusal, Refusal::MissingHeader(_)) && headers("x-hub-signature").is_some();
        if only_sha1 { Refusal::WeakSignature } else { refusal }
    })?;
    signed_by_one(secrets, body, &hex_tag(signature, "sha256=", SIGNATURE)?)?;
    let delivery_key = token(headers, DELIVERY)?;
    let event = token(headers, EVENT)?;
    if is_form(headers) {
        return Err(Refusal::FormEncoded);
    }
    Ok(Verified { delivery_key, event, challenge: None, retry: None })
}

fn token(headers: &Headers<'_>, name: &'static str) -> Result<String, Refusal> {
    let value = header(headers, name)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let believable = !value.is_empty() && value.len() <= LONGEST_TOKEN && value.bytes().all(plain);
    believable.then(|| value.to_owned()).ok_or(Refusal::MalformedHeader(name))
}
