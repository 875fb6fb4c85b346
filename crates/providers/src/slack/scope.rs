//! Which channel a delivery is from, from its envelope alone.

use super::envelope::Envelope;
use crate::model::ReadError;
use crate::reading::Route;

/// Slack's ids have about eleven characters.
const LONGEST_ID: usize = 64;

pub(crate) fn route(event: &str, body: &[u8]) -> Result<Route, ReadError> {
    of(event, &Envelope::parse(body)?)
}

/// The one table of events. What is not in it is counted as `unsupported_event`.
pub(super) fn of(event: &str, envelope: &Envelope) -> Result<Route, ReadError> {
    let kind = envelope.event_type()?;
    if kind != event {
        return Err(ReadError::Malformed { field: "event.type" });
    }
    Ok(match kind {
        "message"
        | "reaction_added"
        | "reaction_removed"
        | "file_unshared"
        | "member_joined_channel"
        | "member_left_channel"
        | "channel_rename"
        | "channel_id_changed"
        | "channel_deleted"
        | "channel_archive"
        | "channel_unarchive"
        | "channel_left"
        | "group_rename"
        | "group_deleted"
        | "group_archive"
        | "group_unarchive"
        | "group_left" => {
            let key = envelope.channel().and_then(channel_key);
            Route::Source(key.ok_or(ReadError::Malformed { field: "event.channel" })?)
        }
        "user_change"
        | "user_profile_changed"
        | "team_join"
        | "tokens_revoked"
        | "app_uninstalled"
        | "app_rate_limited"
        | "file_deleted"
        | "file_change"
        | "channel_history_changed"
        | "group_history_changed"
        | "im_history_changed" => Route::Connection,
        // The message that holds them comes by itself.
        "app_mention" | "file_shared" | "file_created" | "link_shared" => {
            Route::Unsupported("carried_by_message")
        }
        "file_public" | "channel_shared" | "channel_unshared" => Route::Unsupported("audience_widened"),
        "pin_added" | "pin_removed" | "channel_created" | "emoji_changed" => Route::Unsupported("no_content"),
        "star_added"
        | "star_removed"
        | "dnd_updated"
        | "dnd_updated_user"
        | "user_huddle_changed"
        | "user_status_changed" => Route::Unsupported("private_to_a_person"),
        _ => Route::Unsupported("unsupported_event"),
    })
}

/// A channel's id, if it can be one.
pub(super) fn channel_key(id: &str) -> Option<String> {
    let believable =
        !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    believable.then(|| id.to_ascii_uppercase())
}

/// Also understands a pasted link to a channel: `https://team.slack.com/archives/C024BE91L`.
pub(crate) fn canonical_source(typed: &str) -> Option<String> {
    let id = typed
        .split_once("/archives/")
        .map_or(typed, |(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
    let begins_as_channel = id.starts_with(['C', 'G', 'D', 'c', 'g', 'd']);
    (begins_as_channel && id.len() >= 8).then(|| channel_key(id)).flatten()
}

#[cfg(test)]
mod tests {
    use super::canonical_source;

    #[test]
    fn a_typed_or_pasted_channel_becomes_its_key() {
        for typed in ["C024BE91L", "c024be91l", "https://oz.slack.com/archives/C024BE91L/p1700000000000100"] {
            assert_eq!(canonical_source(typed).as_deref(), Some("C024BE91L"), "{typed}");
        }
        for typed in ["", "general", "#general", "U024BE91L", "C02 BE91L"] {
            assert_eq!(canonical_source(typed), None, "{typed}");
        }
    }
}
