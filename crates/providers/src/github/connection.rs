//! Events about the hook, the app's installation and the organization's people: no source's content.

use super::payload::Envelope;
use crate::model::{Fact, Reading};

pub(super) fn read(event: &str, envelope: &Envelope) -> Reading {
    match (event, envelope.action.as_str()) {
        ("installation", "deleted") => Reading::Facts(vec![Fact::Disconnected { reason: "app_uninstalled" }]),
        ("meta", "deleted") => Reading::Facts(vec![Fact::Disconnected { reason: "hook_deleted" }]),
        ("installation", "suspend") => Reading::Skipped("app_suspended"),
        ("installation" | "installation_repositories", _) => Reading::Skipped("installation_changed"),
        ("github_app_authorization", _) => Reading::Skipped("user_token_revoked"),
        ("ping", _) => Reading::Skipped("ping"),
        // They name teams or the organization, not the repositories that these can see.
        ("membership" | "team", _) | ("organization", "member_added" | "member_removed") => {
            Reading::Skipped("membership_needs_fetch")
        }
        ("organization", "member_invited" | "deleted") => Reading::Skipped("no_content"),
        ("organization", "renamed") => Reading::Skipped("organization_renamed"),
        _ => Reading::Skipped("unsupported_action"),
    }
}
