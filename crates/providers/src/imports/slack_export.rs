//! The zip that Slack's own export makes.
//!
//! `users.json`, `channels.json` and, in the larger plans, `groups.json`, `dms.json` and `mpims.json` name people and
//! conversations; `<conversation>/<YYYY-MM-DD>.json` holds the messages of a day. Layout:
//! <https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports>.
//!
//! A record's body is one member of an export wrapped in its kind, `{"message":…}`, with the bytes Slack wrote inside.
//! Keys are those of Slack's events (`message:<ts>`, `thread:<ts>`, user and channel ids), so that a message that came
//! by hook and comes again by export is the same item.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

mod archive;
pub(super) mod reading;
pub(super) mod split;

/// One record of an export.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry<'export> {
    /// A member of `users.json`.
    #[serde(borrow)]
    User(&'export RawValue),
    /// A private conversation with its members, from any of the indexes.
    PrivateChannel(&'export RawValue),
    /// A message of a day.
    Message(&'export RawValue),
}

/// Whether it is a time as Slack writes it and uses for an identity: `1700000000.000100`.
fn is_timestamp(text: &str) -> bool {
    let digits =
        |part: &str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(seconds, fraction)| digits(seconds) && digits(fraction))
}

/// Whether it is an id as Slack makes them: `C024BE91L`.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
