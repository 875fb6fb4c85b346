//! Checks, workflow runs and commit statuses. In the story of a pull request only results are told, never that
//! something began.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told};
use super::payload::{User, or_default};
use super::push::{commit_key, split_message};
use crate::model::{Activity, ItemKind, Person, ReadError, Reading, State, ThingKind, Verb};

/// A pull request that a check names. It may belong to a fork, or to the repository that was forked.
#[derive(Deserialize)]
struct PullReference {
    number: u64,
    base: Option<Base>,
}

#[derive(Deserialize)]
struct Base {
    repo: Option<RepositoryId>,
}

#[derive(Deserialize)]
struct RepositoryId {
    id: u64,
}

#[derive(Deserialize)]
struct App {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    slug: String,
    name: Option<String>,
}

impl App {
    /// Its checks and suites repeat what the workflow run says.
    fn is_actions(&self) -> bool {
        self.slug == "github-actions"
    }

    fn person(&self) -> Person {
        Person { key: format!("app:{}", self.id), name: self.name.clone(), bot: true, ..Person::default() }
    }
}

/// What came of a check, job or run, by GitHub's word for it.
pub(super) fn verb_of(conclusion: &str) -> Verb {
    match conclusion {
        "success" => Verb::Succeeded,
        "failure" | "timed_out" | "startup_failure" => Verb::Failed,
        "cancelled" => Verb::Closed,
        _ => Verb::Updated,
    }
}

/// The state in which it ended.
pub(super) fn state_of(verb: Verb) -> State {
    match verb {
        Verb::Failed => State::Open,
        Verb::Closed => State::Canceled,
        _ => State::Done,
    }
}

/// A check, suite or run, whatever GitHub calls it.
struct Outcome {
    /// The thing, where it is not a pull request's.
    thing: String,
    item: String,
    name: String,
    conclusion: String,
    at: DateTime<Utc>,
    began: Option<DateTime<Utc>>,
    url: Option<String>,
    pulls: Vec<PullReference>,
}

impl Outcome {
    /// The pull request in this very repository.
    fn pull(&self, cx: &Context<'_>) -> Option<u64> {
        let here = cx.repository().map(|repository| repository.id);
        let is_here = |pull: &&PullReference| {
            let base = pull.base.as_ref().and_then(|base| base.repo.as_ref()).map(|repository| repository.id);
            base.is_some() && base == here
        };
        self.pulls.iter().find(is_here).map(|pull| pull.number)
    }

    /// Belongs to the story of its pull request, which hears of the end alone, else stands alone.
    fn told(self, cx: &Context<'_>) -> Option<Activity> {
        let pull = self.pull(cx);
        let finished = cx.action() == "completed";
        if pull.is_some() && !finished {
            return None;
        }
        let verb = if finished { verb_of(&self.conclusion) } else { Verb::Updated };
        let thing = match pull {
            Some(number) => (ThingKind::ChangeRequest, format!("pull:{number}")),
            None => (ThingKind::Event, self.thing),
        };
        let mut activity = cx.activity(thing, (ItemKind::Event, self.item), verb, self.at);
        if pull.is_none() {
            activity.thing_title = Some(self.name.clone());
            activity.thing_url.clone_from(&self.url);
            activity.thing_opened_at = self.began;
            activity.state = Some(match finished {
                true => (state_of(verb), self.conclusion),
                false => (State::InProgress, cx.action().to_owned()),
            });
        }
        activity.title = self.name;
        activity.url = self.url;
        Some(activity)
    }
}

fn told_if_finished(activity: Option<Activity>) -> Reading {
    activity.map_or(Reading::Skipped("not_finished"), told)
}

#[derive(Deserialize)]
struct CheckRunDelivery {
    check_run: CheckRun,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    name: String,
    conclusion: Option<String>,
    html_url: Option<String>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    output: Option<Output>,
    app: Option<App>,
    #[serde(default, deserialize_with = "or_default")]
    pull_requests: Vec<PullReference>,
}

#[derive(Deserialize)]
struct Output {
    title: Option<String>,
}

pub(super) fn check_run(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let run = cx.parse::<CheckRunDelivery>("check_run")?.check_run;
    if run.app.as_ref().is_some_and(App::is_actions) {
        return Ok(Reading::Skipped("covered_by_workflow_run"));
    }
    let at = match (run.completed_at, cx.action()) {
        (Some(at), _) => at,
        (None, "completed") => return Err(ReadError::Malformed { field: "check_run.completed_at" }),
        (None, _) => run.started_at.map_or_else(|| cx.repository_time(), Ok)?,
    };
    let outcome = Outcome {
        thing: format!("check:{}", run.id),
        item: format!("check:{}", run.id),
        name: run.name,
        conclusion: run.conclusion.unwrap_or_default(),
        at,
        began: run.started_at,
        url: run.html_url,
        pulls: run.pull_requests,
    };
    Ok(told_if_finished(outcome.told(cx).map(|mut activity| {
        activity.text = run.output.and_then(|output| output.title).unwrap_or_default();
        activity.actor = run.app.as_ref().map(App::person).or(activity.actor);
        activity
    })))
}

#[derive(Deserialize)]
struct CheckSuiteDelivery {
    check_suite: CheckSuite,
}

#[derive(Deserialize)]
struct CheckSuite {
    id: u64,
    head_sha: String,
    conclusion: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    app: Option<App>,
    #[serde(default, deserialize_with = "or_default")]
    pull_requests: Vec<PullReference>,
}

pub(super) fn check_suite(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let suite = cx.parse::<CheckSuiteDelivery>("check_suite")?.check_suite;
    if suite.app.as_ref().is_some_and(App::is_actions) {
        return Ok(Reading::Skipped("covered_by_workflow_run"));
    }
    let outcome = Outcome {
        thing: format!("suite:{}", suite.head_sha),
        item: format!("suite:{}", suite.id),
        name: suite.app.as_ref().and_then(|app| app.name.clone()).unwrap_or_else(|| "checks".to_owned()),
        conclusion: suite.conclusion.unwrap_or_default(),
        at: suite.updated_at,
        began: Some(suite.created_at),
        url: None,
        pulls: suite.pull_requests,
    };
    Ok(told_if_finished(outcome.told(cx).map(|mut activity| {
        activity.actor = suite.app.as_ref().map(App::person).or(activity.actor);
        activity
    })))
}

#[derive(Deserialize)]
struct WorkflowRunDelivery {
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct WorkflowRun {
    id: u64,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    display_title: String,
    conclusion: Option<String>,
    html_url: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    actor: Option<User>,
    #[serde(default, deserialize_with = "or_default")]
    pull_requests: Vec<PullReference>,
}

pub(super) fn workflow_run(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let run = cx.parse::<WorkflowRunDelivery>("workflow_run")?.workflow_run;
    let outcome = Outcome {
        thing: format!("run:{}", run.id),
        item: format!("run:{}", run.id),
        name: run.name,
        conclusion: run.conclusion.unwrap_or_default(),
        at: run.updated_at,
        began: Some(run.created_at),
        url: run.html_url,
        pulls: run.pull_requests,
    };
    Ok(told_if_finished(outcome.told(cx).map(|mut activity| {
        activity.text = run.display_title;
        activity.actor = run.actor.as_ref().and_then(User::person).or(activity.actor);
        activity
    })))
}

#[derive(Deserialize)]
struct StatusDelivery {
    sha: String,
    context: String,
    state: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    target_url: Option<String>,
    commit: Option<StatusCommit>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct StatusCommit {
    commit: CommitMessage,
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct CommitMessage {
    message: String,
}

/// The latest status of a commit in one context; an earlier one is an older version of the same item.
pub(super) fn status(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let status = cx.parse::<StatusDelivery>("status")?;
    let verb = match status.state.as_str() {
        "success" => Verb::Succeeded,
        "failure" | "error" => Verb::Failed,
        _ => return Ok(Reading::Skipped("not_finished")),
    };
    let commit = commit_key(&status.sha).ok_or(ReadError::Malformed { field: "sha" })?;
    let item = (ItemKind::Event, format!("status:{}:{}", status.sha, status.context));
    let mut activity = cx.activity((ThingKind::Commit, commit.clone()), item, verb, status.created_at);
    activity.version = status.updated_at;
    activity.title = status.context;
    activity.text = status.description;
    activity.url = status.target_url;
    activity.reply_to = Some(commit);
    if let Some(commit) = status.commit {
        activity.thing_title = Some(split_message(&commit.commit.message).0.to_owned());
        activity.thing_url = commit.html_url;
    }
    Ok(told(activity))
}
