//! Releases, deployments, and builds of the repository's pages.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told};
use super::mentions::mentions;
use super::payload::{User, or_default};
use crate::model::{ItemKind, ReadError, Reading, State, ThingKind, Verb};

#[derive(Deserialize)]
struct ReleaseDelivery {
    release: Release,
}

#[derive(Deserialize)]
struct Release {
    id: u64,
    tag_name: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    #[serde(default, deserialize_with = "or_default")]
    draft: bool,
    author: Option<User>,
    html_url: Option<String>,
    created_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

/// One release is told once, as `published`; `created`, `released` and `prereleased` accompany it.
pub(super) fn release(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let release = cx.parse::<ReleaseDelivery>("release")?.release;
    let published = release.published_at.unwrap_or(release.created_at);
    let changed = release.updated_at.unwrap_or(published).max(published);
    let (verb, at) = match cx.action() {
        "published" => (Verb::Created, published),
        "deleted" | "unpublished" => (Verb::Deleted, changed),
        _ if release.draft => return Ok(Reading::Skipped("draft")),
        "edited" => (Verb::Edited, changed),
        "created" | "released" | "prereleased" => return Ok(Reading::Skipped("covered_by_published")),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let key = format!("release:{}", release.id);
    let mut activity = cx.activity((ThingKind::Release, key.clone()), (ItemKind::Change, key), verb, at);
    activity.version = changed;
    activity.title = if release.name.is_empty() { release.tag_name } else { release.name };
    activity.thing_title = Some(activity.title.clone());
    activity.thing_url.clone_from(&release.html_url);
    activity.thing_opened_at = Some(release.created_at);
    activity.mentions = mentions(&release.body, &[release.author.as_ref()]);
    activity.text = release.body;
    activity.url = release.html_url;
    activity.state = (verb != Verb::Deleted).then(|| (State::Done, "published".to_owned()));
    Ok(told(activity))
}

#[derive(Deserialize)]
struct DeploymentDelivery {
    deployment: Deployment,
    deployment_status: Option<Status>,
}

#[derive(Deserialize)]
struct Deployment {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    environment: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    creator: Option<User>,
    created_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Status {
    id: u64,
    state: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    creator: Option<User>,
    target_url: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Deployment {
    fn thing(&self) -> (ThingKind, String) {
        (ThingKind::Deployment, format!("deployment:{}", self.id))
    }
}

pub(super) fn deployment(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let deployment = cx.parse::<DeploymentDelivery>("deployment")?.deployment;
    let (kind, key) = deployment.thing();
    let mut activity =
        cx.activity((kind, key.clone()), (ItemKind::Change, key), Verb::Created, deployment.created_at);
    activity.thing_opened_at = Some(deployment.created_at);
    activity.thing_title = Some(deployment.environment.clone());
    activity.title = deployment.environment;
    activity.text = deployment.description;
    activity.actor = deployment.creator.as_ref().and_then(User::person).or(activity.actor);
    activity.state = Some((State::InProgress, "created".to_owned()));
    Ok(told(activity))
}

pub(super) fn deployment_status(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let DeploymentDelivery { deployment, deployment_status } = cx.parse("deployment_status")?;
    let status = deployment_status.ok_or(ReadError::Malformed { field: "deployment_status" })?;
    let (verb, state) = match status.state.as_str() {
        "success" => (Verb::Succeeded, State::Done),
        "failure" | "error" => (Verb::Failed, State::Open),
        "inactive" => (Verb::Closed, State::Canceled),
        _ => (Verb::Updated, State::InProgress),
    };
    let (kind, thing) = deployment.thing();
    let item = (ItemKind::Change, format!("deployment-status:{}", status.id));
    let mut activity = cx.activity((kind, thing.clone()), item, verb, status.created_at);
    activity.version = status.updated_at;
    activity.thing_opened_at = Some(deployment.created_at);
    activity.thing_title = Some(deployment.environment.clone());
    activity.title = deployment.environment;
    activity.text = status.description;
    activity.url = status.target_url.filter(|url| !url.is_empty());
    activity.reply_to = Some(thing);
    activity.actor = status.creator.as_ref().and_then(User::person).or(activity.actor);
    activity.state = Some((state, status.state));
    Ok(told(activity))
}

#[derive(Deserialize)]
struct PageBuildDelivery {
    id: u64,
    build: PageBuild,
}

#[derive(Deserialize)]
struct PageBuild {
    status: String,
    pusher: Option<User>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// All builds of the pages are one thing.
pub(super) fn page_build(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let PageBuildDelivery { id, build } = cx.parse("build")?;
    let (verb, state, title) = match build.status.as_str() {
        "built" => (Verb::Succeeded, State::Done, "pages built"),
        "errored" => (Verb::Failed, State::Open, "pages could not be built"),
        _ => (Verb::Updated, State::InProgress, "pages are being built"),
    };
    let item = (ItemKind::Change, format!("page-build:{id}"));
    let thing = (ThingKind::Deployment, "pages".to_owned());
    let mut activity = cx.activity(thing, item, verb, build.updated_at);
    activity.thing_title = Some("pages".to_owned());
    activity.thing_opened_at = Some(build.created_at);
    activity.title = title.to_owned();
    activity.actor = build.pusher.as_ref().and_then(User::person).or(activity.actor);
    activity.state = Some((state, build.status));
    Ok(told(activity))
}
