//! What happens around workflow runs: their jobs, approvals, and what starts them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::checks::{state_of, verb_of};
use super::context::{Context, told};
use super::payload::or_default;
use super::push::split_message;
use crate::model::{ItemKind, ReadError, Reading, State, ThingKind, Verb};

#[derive(Deserialize)]
struct JobDelivery {
    workflow_job: Job,
}

#[derive(Deserialize)]
struct Job {
    id: u64,
    run_id: u64,
    name: String,
    workflow_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    conclusion: Option<String>,
    html_url: Option<String>,
    created_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

/// A job does not say whether its run is a pull request's, so it always belongs to the run.
pub(super) fn job(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let job = cx.parse::<JobDelivery>("workflow_job")?.workflow_job;
    let ended = cx.action() == "completed";
    let conclusion = job.conclusion.filter(|_| ended);
    let began = job.started_at.max(job.created_at);
    let at = match job.completed_at.filter(|_| ended).or(began) {
        Some(at) => at,
        None => cx.repository_time()?,
    };
    let verb = conclusion.as_deref().map_or(Verb::Updated, verb_of);
    let thing = (ThingKind::Event, format!("run:{}", job.run_id));
    let mut activity = cx.activity(thing, (ItemKind::Event, format!("job:{}", job.id)), verb, at);
    activity.thing_title = job.workflow_name.filter(|name| !name.is_empty());
    activity.title = job.name;
    activity.url = job.html_url;
    activity.state = Some(match conclusion {
        Some(word) => (state_of(verb), word),
        None => (State::InProgress, job.status),
    });
    Ok(told(activity))
}

#[derive(Deserialize)]
struct ReviewDelivery {
    workflow_run: Run,
    since: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "or_default")]
    environment: String,
}

#[derive(Deserialize)]
struct Run {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    html_url: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A run waits for leave to deploy, or was given or refused it.
pub(super) fn deployment_review(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let ReviewDelivery { workflow_run: run, since, environment } = cx.parse("workflow_run")?;
    let (verb, state, title) = match cx.action() {
        "requested" => (Verb::Updated, State::InProgress, "waits for approval"),
        "approved" => (Verb::Approved, State::Done, "deployment approved"),
        "rejected" => (Verb::Closed, State::Canceled, "deployment rejected"),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let key = format!("run:{}", run.id);
    let item = (ItemKind::Event, format!("deployment-review:{}", run.id));
    let at = since.map_or(run.updated_at, |since| since.max(run.updated_at));
    let mut activity = cx.activity((ThingKind::Event, key), item, verb, at);
    activity.thing_title = Some(run.name);
    activity.thing_url.clone_from(&run.html_url);
    activity.thing_opened_at = Some(run.created_at);
    activity.title = title.to_owned();
    activity.text = environment;
    activity.url = run.html_url;
    activity.state = Some((state, cx.action().to_owned()));
    Ok(told(activity))
}

#[derive(Deserialize)]
struct DispatchDelivery {
    workflow: String,
}

/// Somebody started a workflow by hand. What they typed in for it is not read.
pub(super) fn workflow_dispatch(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let workflow = cx.parse::<DispatchDelivery>("workflow")?.workflow;
    let file = workflow.rsplit('/').next().unwrap_or(&workflow);
    own_event(cx, format!("workflow:{workflow}"), format!("workflow {file} started by hand"))
}

/// Another system asked the repository to do something. What it sent along is not read.
pub(super) fn repository_dispatch(cx: &Context<'_>) -> Result<Reading, ReadError> {
    own_event(cx, format!("dispatch:{}", cx.action()), format!("{} asked for from outside", cx.action()))
}

fn own_event(cx: &Context<'_>, key: String, title: String) -> Result<Reading, ReadError> {
    let item = (ItemKind::Event, key.clone());
    let mut activity = cx.activity((ThingKind::Event, key), item, Verb::Created, cx.repository_time()?);
    activity.thing_title = Some(title.clone());
    activity.title = title;
    Ok(told(activity))
}

#[derive(Deserialize)]
struct GroupDelivery {
    merge_group: Group,
}

#[derive(Deserialize)]
struct Group {
    head_sha: String,
    head_commit: Option<HeadCommit>,
}

#[derive(Deserialize)]
struct HeadCommit {
    message: String,
    timestamp: DateTime<Utc>,
}

/// Pull requests that are tried together before they are merged.
pub(super) fn merge_group(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let group = cx.parse::<GroupDelivery>("merge_group")?.merge_group;
    let (verb, state) = match cx.action() {
        "checks_requested" => (Verb::Created, State::InProgress),
        "destroyed" => (Verb::Closed, State::Done),
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let committed = group.head_commit.as_ref().map(|commit| commit.timestamp);
    let at = match committed.filter(|_| verb == Verb::Created) {
        Some(at) => at,
        None => cx.repository_time()?,
    };
    let key = format!("merge-group:{}", group.head_sha);
    let item = (ItemKind::Event, key.clone());
    let mut activity = cx.activity((ThingKind::Event, key), item, verb, at);
    let subject = group.head_commit.as_ref().map(|commit| split_message(&commit.message).0);
    activity.title = subject.unwrap_or("merge queue").to_owned();
    activity.thing_title = Some(activity.title.clone());
    activity.thing_opened_at = committed;
    activity.state = Some((state, cx.action().to_owned()));
    Ok(told(activity))
}
