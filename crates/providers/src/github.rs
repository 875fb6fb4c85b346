//! GitHub: webhooks of repositories, organizations and apps.
//!
//! Source: <https://docs.github.com/webhooks/webhook-events-and-payloads>. One room per family of events; all that
//! concerns one pull request shares the thing `pull:<number>`.

mod checks;
mod classic;
mod connection;
mod context;
mod discussions;
mod issues;
mod mentions;
mod packages;
mod payload;
mod pulls;
mod push;
mod releases;
mod repository;
mod reviews;
mod roadmap;
mod runs;
mod scope;
mod signature;
mod source;

pub(crate) use scope::{canonical_source, route};
pub(crate) use signature::verify;

use crate::model::{ReadError, Reading};
use crate::reading::Route;
use context::Context;

/// Reads a verified delivery of the named event.
pub(crate) fn read(event: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let envelope = payload::Envelope::parse(body)?;
    match scope::of(event, &envelope)? {
        Route::Unsupported(reason) => Ok(Reading::Skipped(reason)),
        Route::Connection => Ok(connection::read(event, &envelope)),
        Route::Source(source) => read_source(event, &Context::new(source, envelope, body)),
    }
}

fn read_source(event: &str, cx: &Context<'_>) -> Result<Reading, ReadError> {
    match event {
        "issues" => issues::issue(cx),
        "issue_comment" => issues::comment(cx),
        "pull_request" => pulls::read(cx),
        "pull_request_review" => reviews::review(cx),
        "pull_request_review_comment" => reviews::comment(cx),
        "pull_request_review_thread" => reviews::thread(cx),
        "push" => push::push(cx),
        "create" | "delete" => push::reference(cx, event == "delete"),
        "commit_comment" => push::comment(cx),
        "gollum" => push::pages(cx),
        "release" => releases::release(cx),
        "deployment" => releases::deployment(cx),
        "deployment_status" => releases::deployment_status(cx),
        "check_run" => checks::check_run(cx),
        "check_suite" => checks::check_suite(cx),
        "workflow_run" => checks::workflow_run(cx),
        "status" => checks::status(cx),
        "discussion" => discussions::discussion(cx),
        "discussion_comment" => discussions::comment(cx),
        "milestone" => roadmap::milestone(cx),
        "projects_v2_item" => roadmap::project_item(cx),
        "repository" => source::repository(cx),
        "member" => source::member(cx),
        "public" => source::public(cx),
        "team_add" => repository::team(cx, false),
        "team" if cx.action() == "added_to_repository" => repository::team(cx, false),
        "team" if cx.action() == "removed_from_repository" => repository::team(cx, true),
        "team" => Ok(Reading::Skipped("membership_needs_fetch")),
        "fork" => repository::fork(cx),
        "star" | "watch" => repository::star(cx),
        "label" => repository::label(cx),
        "deploy_key" => repository::deploy_key(cx),
        "branch_protection_rule" => repository::branch_protection(cx),
        "package" | "registry_package" => packages::package(cx),
        "project" => classic::project(cx),
        "project_column" => classic::column(cx),
        "project_card" => classic::card(cx),
        "page_build" => releases::page_build(cx),
        "workflow_job" => runs::job(cx),
        "workflow_dispatch" => runs::workflow_dispatch(cx),
        "deployment_review" => runs::deployment_review(cx),
        "repository_dispatch" => runs::repository_dispatch(cx),
        "merge_group" => runs::merge_group(cx),
        _ => Ok(Reading::Skipped("unsupported_event")),
    }
}
