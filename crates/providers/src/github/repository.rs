//! What happens to a repository itself: all of it is one thing, `repository`.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told};
use super::payload::{User, or_default};
use crate::model::{Activity, ItemKind, ReadError, Reading, ThingKind, Verb};

/// Something that happened to the repository, in words of Oz.
pub(super) fn happened(
    cx: &Context<'_>,
    item: String,
    verb: Verb,
    at: DateTime<Utc>,
    title: String,
) -> Activity {
    let thing = (ThingKind::Event, "repository".to_owned());
    let mut activity = cx.activity(thing, (ItemKind::Event, item), verb, at);
    activity.thing_title = cx.repository().map(|repository| repository.full_name.clone());
    activity.thing_url = cx.repository().and_then(|repository| repository.html_url.clone());
    activity.url.clone_from(&activity.thing_url);
    activity.title = title;
    activity
}

#[derive(Deserialize)]
struct StarDelivery {
    starred_at: Option<DateTime<Utc>>,
}

/// GitHub sends both `star` and `watch` for one star; they are the same item.
pub(super) fn star(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let starred = cx.parse::<StarDelivery>("starred_at")?.starred_at;
    let verb = match cx.action() {
        "created" | "started" => Verb::Reacted,
        "deleted" => Verb::Deleted,
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let sender = cx.sender().ok_or(ReadError::Malformed { field: "sender" })?;
    let at = match starred {
        Some(at) => at,
        None => cx.repository_time()?,
    };
    Ok(told(happened(cx, format!("star:{}", sender.key), verb, at, "starred".to_owned())))
}

#[derive(Deserialize)]
struct ForkDelivery {
    forkee: Forkee,
}

/// Of a fork, only that it exists and its name.
#[derive(Deserialize)]
struct Forkee {
    id: u64,
    full_name: String,
    created_at: DateTime<Utc>,
}

pub(super) fn fork(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let forkee = cx.parse::<ForkDelivery>("forkee")?.forkee;
    let key = format!("fork:{}", forkee.id);
    let item = (ItemKind::Event, key.clone());
    let mut activity = cx.activity((ThingKind::Event, key), item, Verb::Created, forkee.created_at);
    activity.title = format!("forked to {}", forkee.full_name);
    activity.thing_title = Some(activity.title.clone());
    activity.thing_opened_at = Some(forkee.created_at);
    Ok(told(activity))
}

#[derive(Deserialize)]
struct TeamDelivery {
    team: Team,
}

#[derive(Deserialize)]
struct Team {
    id: u64,
    name: String,
    privacy: Option<String>,
}

/// A team came to the repository or left it; a secret team's name is for its members alone.
/// `team_add` repeats the `team` event of an addition.
pub(super) fn team(cx: &Context<'_>, removed: bool) -> Result<Reading, ReadError> {
    let team = cx.parse::<TeamDelivery>("team")?.team;
    let who = match team.privacy.as_deref() {
        Some("secret") => "a team".to_owned(),
        _ => format!("team {}", team.name),
    };
    let (word, verb) = if removed { ("removed", Verb::Updated) } else { ("added", Verb::Created) };
    let item = format!("team:{}:{word}", team.id);
    Ok(told(happened(cx, item, verb, cx.repository_time()?, format!("{who} {word}"))))
}

#[derive(Deserialize)]
struct KeyDelivery {
    key: DeployKey,
}

/// Neither the key nor its name is read.
#[derive(Deserialize)]
struct DeployKey {
    id: u64,
    created_at: Option<DateTime<Utc>>,
}

/// The record that a key came or went stays; hence a removal is no `Deleted`.
pub(super) fn deploy_key(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let key = cx.parse::<KeyDelivery>("key")?.key;
    let repository_time = || cx.repository_time();
    let (verb, at) = match cx.action() {
        "created" => (Verb::Created, key.created_at.map_or_else(repository_time, Ok)?),
        "deleted" => (Verb::Updated, repository_time()?),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let title = format!("deploy key {}", cx.action());
    Ok(told(happened(cx, format!("deploy-key:{}:{}", key.id, cx.action()), verb, at, title)))
}

#[derive(Deserialize)]
struct RuleDelivery {
    rule: Rule,
}

/// Of a rule, only its name: what it protects in which way is for those who may set it.
#[derive(Deserialize)]
struct Rule {
    id: u64,
    name: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The record that a rule came or went stays; hence a removal is no `Deleted`.
pub(super) fn branch_protection(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let rule = cx.parse::<RuleDelivery>("rule")?.rule;
    let (verb, at) = match cx.action() {
        "created" => (Verb::Created, rule.created_at),
        "edited" => (Verb::Edited, rule.updated_at),
        // The rule says only when it was last changed.
        "deleted" => {
            (Verb::Updated, cx.repository_time().map_or(rule.updated_at, |at| at.max(rule.updated_at)))
        }
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let title = format!("branch protection rule {} {}", rule.name, cx.action());
    Ok(told(happened(cx, format!("branch-rule:{}:{}", rule.id, cx.action()), verb, at, title)))
}

#[derive(Deserialize)]
struct LabelDelivery {
    label: NamedLabel,
}

#[derive(Deserialize)]
struct NamedLabel {
    id: u64,
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
}

pub(super) fn label(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let label = cx.parse::<LabelDelivery>("label")?.label;
    let verb = match cx.action() {
        "created" => Verb::Created,
        "edited" => Verb::Edited,
        "deleted" => Verb::Deleted,
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let key = format!("label:{}", label.id);
    let item = (ItemKind::Event, key.clone());
    let mut activity = cx.activity((ThingKind::Event, key), item, verb, cx.repository_time()?);
    activity.title = format!("label {}", label.name);
    activity.thing_title = Some(activity.title.clone());
    activity.text = label.description;
    Ok(told(activity))
}

/// A person was let in, as the repository's story tells it.
pub(super) fn joined(cx: &Context<'_>, member: &User, key: &str) -> Result<Activity, ReadError> {
    let title = match &member.login {
        Some(login) => format!("{login} added"),
        None => "a person added".to_owned(),
    };
    Ok(happened(cx, format!("member:{key}"), Verb::Created, cx.repository_time()?, title))
}
