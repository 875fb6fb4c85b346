//! Who can see a repository, and what changes it as a source. Both are also told in the repository's own story.

use serde::Deserialize;

use super::context::{Context, told};
use super::payload::User;
use super::repository::{happened, joined};
use super::scope::repository_key;
use crate::model::{Activity, Fact, Membership, ReadError, Reading, SourceChange, SourceEvent, Verb};

/// The delivery was routed by the former name, under which the repository was shared.
pub(super) fn repository(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let change = match cx.action() {
        // Gone with all that was told in it.
        "deleted" => return Ok(Reading::Facts(vec![changed(cx, SourceEvent::Deleted)])),
        // Without another key, only upper and lower case changed.
        "renamed" | "transferred" => cx
            .repository()
            .and_then(|repository| repository_key(&repository.full_name))
            .filter(|current| current != cx.source())
            .map(|to| SourceEvent::Renamed { to }),
        "privatized" => Some(SourceEvent::MadePrivate),
        "archived" => Some(SourceEvent::Archived),
        "unarchived" => Some(SourceEvent::Unarchived),
        // Being public never widens by itself what was shared while it was private.
        "created" | "edited" | "publicized" => None,
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let activity = match (own_story(cx, cx.action()), &change) {
        (Ok(activity), _) => Some(Fact::Activity(Box::new(activity))),
        // A change of key or audience is told even where the delivery has no time for its story.
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error),
    };
    // The story first: it is told under the key by which the repository is still known.
    let change = change.map(|change| changed(cx, change));
    Ok(Reading::Facts(activity.into_iter().chain(change).collect()))
}

/// GitHub sends `public` beside `repository` with `publicized`; they are the same item.
pub(super) fn public(cx: &Context<'_>) -> Result<Reading, ReadError> {
    Ok(told(own_story(cx, "publicized")?))
}

fn changed(cx: &Context<'_>, change: SourceEvent) -> Fact {
    Fact::Source(SourceChange { source: cx.source().to_owned(), change })
}

fn own_story(cx: &Context<'_>, action: &str) -> Result<Activity, ReadError> {
    let (verb, title) = match action {
        "created" => (Verb::Created, "repository created"),
        "edited" => (Verb::Edited, "repository settings edited"),
        "archived" => (Verb::Closed, "repository archived"),
        "unarchived" => (Verb::Reopened, "repository taken out of the archive"),
        "renamed" => (Verb::Moved, "repository renamed"),
        "transferred" => (Verb::Moved, "repository transferred"),
        "privatized" => (Verb::Updated, "repository made private"),
        "publicized" => (Verb::Updated, "repository made public"),
        _ => (Verb::Updated, "repository changed"),
    };
    Ok(happened(cx, format!("repository:{action}"), verb, cx.repository_time()?, title.to_owned()))
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
    // Who can see the repository is told even where the delivery has no time for its story.
    let story = if present { joined(cx, &member, &person.key).ok() } else { None };
    let membership = Fact::Membership(Membership { source: cx.source().to_owned(), person, present });
    let story = story.map(|activity| Fact::Activity(Box::new(activity)));
    Ok(Reading::Facts([membership].into_iter().chain(story).collect()))
}
