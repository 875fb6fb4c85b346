//! Slack: the Events API over HTTP.
//!
//! Source: <https://docs.slack.dev/apis/events-api>. A source is a channel of any sort, by its id; a thing is a
//! thread, by the timestamp of its first message.

mod channels;
mod envelope;
mod files;
mod messages;
mod mrkdwn;
mod people;
mod scope;
mod signature;
mod timestamp;

pub(crate) use scope::{canonical_source, route};
pub(crate) use signature::verify;

use crate::model::{ReadError, Reading};
use crate::reading::Route;
use envelope::Envelope;

/// Reads a verified delivery of the named event.
pub(crate) fn read(event: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let envelope = Envelope::parse(body)?;
    match scope::of(event, &envelope)? {
        Route::Unsupported(reason) => Ok(Reading::Skipped(reason)),
        Route::Connection => read_connection(&envelope, body),
        Route::Source(source) => read_source(&source, &envelope, body),
    }
}

/// Reads a message of an export into the same items as if it had been delivered.
pub(crate) fn read_exported(source: &str, message: &[u8]) -> Result<Reading, ReadError> {
    messages::exported(source, message)
}

fn read_connection(envelope: &Envelope, body: &[u8]) -> Result<Reading, ReadError> {
    match envelope.event_type()? {
        "user_change" | "user_profile_changed" | "team_join" => people::person(envelope, body),
        "tokens_revoked" => people::tokens_revoked(body),
        "app_uninstalled" => Ok(people::uninstalled()),
        "file_deleted" => files::deleted(body),
        "file_change" | "channel_history_changed" | "group_history_changed" | "im_history_changed" => {
            Ok(Reading::Skipped("needs_fetch"))
        }
        "app_rate_limited" => Ok(Reading::Skipped("rate_limited")),
        _ => Ok(Reading::Skipped("unsupported_event")),
    }
}

fn read_source(source: &str, envelope: &Envelope, body: &[u8]) -> Result<Reading, ReadError> {
    match envelope.event_type()? {
        "message" => messages::read(source, body),
        "reaction_added" => channels::reaction(source, body, true),
        "reaction_removed" => channels::reaction(source, body, false),
        "file_unshared" => files::unshared(source, body),
        "member_joined_channel" => channels::membership(source, body, true),
        "member_left_channel" => channels::membership(source, body, false),
        "channel_rename" | "group_rename" => channels::renamed(source, body),
        "channel_id_changed" => channels::id_changed(source, body),
        "channel_deleted" | "group_deleted" => Ok(channels::deleted(source)),
        "channel_archive" | "group_archive" => Ok(channels::archived(source, true)),
        "channel_unarchive" | "group_unarchive" => Ok(channels::archived(source, false)),
        "channel_left" | "group_left" => Ok(Reading::Skipped("app_left_channel")),
        _ => Ok(Reading::Skipped("unsupported_event")),
    }
}
