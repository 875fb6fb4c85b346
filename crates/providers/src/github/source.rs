//! What happens to a repository itself, and who can see it.

use serde::Deserialize;

use super::context::Context;
use super::payload::User;
use super::scope::repository_key;
use crate::model::{Fact, Membership, ReadError, Reading, SourceChange, SourceEvent};

/// The delivery was routed by the former name, under which the repository was shared.
pub(super) fn repository(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let change = match cx.action() {
        "renamed" | "transferred" => {
            let current = cx.repository().and_then(|repository| repository_key(&repository.full_name));
            match current.filter(|current| current != cx.source()) {
                Some(to) => SourceEvent::Renamed { to },
                // Only upper and lower case changed.
                None => return Ok(Reading::Skipped("no_content")),
            }
        }
        "deleted" => SourceEvent::Deleted,
        "privatized" => SourceEvent::MadePrivate,
        "archived" => SourceEvent::Archived,
        "unarchived" => SourceEvent::Unarchived,
        // Never widens by itself what was shared while it was private.
        "publicized" => return Ok(Reading::Skipped("audience_widened")),
        "created" | "edited" => return Ok(Reading::Skipped("no_content")),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    Ok(Reading::Facts(vec![Fact::Source(SourceChange { source: cx.source().to_owned(), change })]))
}

#[derive(Deserialize)]
struct MemberDelivery {
    member: User,
}

pub(super) fn member(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let member = cx.parse::<MemberDelivery>("member")?.member;
    let present = match cx.action() {
        "added" => true,
        "removed" => false,
        "edited" => return Ok(Reading::Skipped("no_content")),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let person = member.person().ok_or(ReadError::Malformed { field: "member" })?;
    Ok(Reading::Facts(vec![Fact::Membership(Membership { source: cx.source().to_owned(), person, present })]))
}
