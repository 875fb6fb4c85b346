//! GitHub: webhooks of repositories, organizations and apps.
//!
//! Source: <https://docs.github.com/webhooks/webhook-events-and-payloads>. One room per family of events; all that
//! concerns one pull request shares the thing `pull:<number>`.

mod checks;
mod connection;
mod context;
mod discussions;
mod issues;
mod mentions;
mod payload;
mod pulls;
mod push;
mod releases;
mod reviews;
mod roadmap;
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
        "team" | "team_add" => Ok(Reading::Skipped("membership_needs_fetch")),
        "public" => Ok(Reading::Skipped("audience_widened")),
        _ => Ok(Reading::Skipped("unsupported_event")),
    }
}
