//! `X-Slack-Signature`: <https://docs.slack.dev/authentication/verifying-requests-from-slack>.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::verify::{Headers, Refusal, Verified, header, hex_tag, is_form, signed_by_one};

const SIGNATURE: &str = "X-Slack-Signature";
const TIMESTAMP: &str = "X-Slack-Request-Timestamp";
const RETRY: &str = "X-Slack-Retry-Num";

/// Slack's own advice: five minutes, in either direction.
const WINDOW_SECONDS: u64 = 5 * 60;
/// Longer keys, event names and challenges are not Slack's.
const LONGEST_TOKEN: usize = 256;

pub(crate) fn verify(
    headers: &Headers<'_>,
    body: &[u8],
    secrets: &[&[u8]],
    now: DateTime<Utc>,
) -> Result<Verified, Refusal> {
    let tag = hex_tag(header(headers, SIGNATURE)?, "v0=", SIGNATURE)?;
    let written = header(headers, TIMESTAMP)?;
    let sent_at = seconds(written).ok_or(Refusal::MalformedHeader(TIMESTAMP))?;
    let message = [b"v0:", written.as_bytes(), b":", body].concat();
    signed_by_one(secrets, &message, &tag)?;
    if now.timestamp().abs_diff(sent_at) > WINDOW_SECONDS {
        return Err(Refusal::Stale);
    }
    if is_form(headers) {
        return Err(Refusal::FormEncoded);
    }
    let retry = header(headers, RETRY).ok().and_then(|value| value.parse().ok());
    identify(body, retry)
}

/// Plain digits, no sign and no blanks, few enough for a time.
fn seconds(written: &str) -> Option<i64> {
    let plain = (1..=12).contains(&written.len()) && written.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| written.parse().ok()).flatten()
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "type")]
    kind: String,
    challenge: Option<String>,
    event_id: Option<String>,
    event: Option<EventType>,
    team_id: Option<String>,
    minute_rate_limited: Option<u64>,
}

#[derive(Deserialize)]
struct EventType {
    #[serde(rename = "type")]
    kind: String,
}

fn identify(body: &[u8], retry: Option<u32>) -> Result<Verified, Refusal> {
    let identity: Identity = serde_json::from_slice(body).map_err(|_| Refusal::MalformedBody("body"))?;
    let believable = |text: &String| !text.is_empty() && text.len() <= LONGEST_TOKEN;
    let required = |text: Option<String>, field| text.filter(believable).ok_or(Refusal::MalformedBody(field));
    match identity.kind.as_str() {
        "url_verification" => {
            let challenge = Some(required(identity.challenge, "challenge")?);
            Ok(Verified { delivery_key: identity.kind.clone(), event: identity.kind, challenge, retry })
        }
        "event_callback" => {
            let event = required(identity.event.map(|event| event.kind), "event.type")?;
            let delivery_key = required(identity.event_id, "event_id")?;
            Ok(Verified { delivery_key, event, challenge: None, retry })
        }
        // Comes bare, without an event or an id: one a minute and workspace.
        "app_rate_limited" => {
            let team = required(identity.team_id, "team_id")?;
            let minute = identity.minute_rate_limited.ok_or(Refusal::MalformedBody("minute_rate_limited"))?;
            let delivery_key = format!("app_rate_limited:{team}:{minute}");
            Ok(Verified { delivery_key, event: identity.kind, challenge: None, retry })
        }
        _ => Err(Refusal::MalformedBody("type")),
    }
}
