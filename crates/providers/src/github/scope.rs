//! Which source a delivery is from, from its envelope alone.

use super::payload::Envelope;
use crate::model::ReadError;
use crate::reading::Route;

/// Longest `owner/name` believed: GitHub allows 39 and 100 characters.
const LONGEST_NAME: usize = 140;

pub(crate) fn route(event: &str, body: &[u8]) -> Result<Route, ReadError> {
    of(event, &Envelope::parse(body)?)
}

/// The one table of events. What is not in it is counted as `unsupported_event`.
pub(super) fn of(event: &str, envelope: &Envelope) -> Result<Route, ReadError> {
    let reason = match event {
        "repository" if matches!(envelope.action.as_str(), "renamed" | "transferred") => {
            let former = envelope.former_name().ok_or(ReadError::Malformed { field: "changes" })?;
            return repository(envelope, Some(former));
        }
        "issues"
        | "issue_comment"
        | "pull_request"
        | "pull_request_review"
        | "pull_request_review_comment"
        | "pull_request_review_thread"
        | "push"
        | "create"
        | "delete"
        | "commit_comment"
        | "gollum"
        | "release"
        | "deployment"
        | "deployment_status"
        | "check_run"
        | "check_suite"
        | "workflow_run"
        | "status"
        | "discussion"
        | "discussion_comment"
        | "milestone"
        | "repository"
        | "member"
        | "team_add"
        | "public"
        | "fork"
        | "star"
        | "watch"
        | "label"
        | "deploy_key"
        | "branch_protection_rule"
        | "page_build"
        | "workflow_job"
        | "workflow_dispatch"
        | "deployment_review"
        | "repository_dispatch"
        | "merge_group" => {
            return repository(envelope, None);
        }
        "package" | "registry_package" | "project" | "project_card" | "project_column" => {
            if envelope.repository.is_some() {
                return repository(envelope, None);
            }
            // An organization's own, of which nobody can tell who may see it.
            "no_repository"
        }
        "team" if envelope.repository.is_some() => return repository(envelope, None),
        "projects_v2_item" => return project(envelope),
        "ping"
        | "meta"
        | "installation"
        | "installation_repositories"
        | "github_app_authorization"
        | "team"
        | "membership"
        | "organization" => return Ok(Route::Connection),
        "repository_import" => "automation_noise",
        "org_block" => "security_setting",
        // Shown by GitHub to fewer people than those who read the repository.
        "code_scanning_alert"
        | "dependabot_alert"
        | "repository_vulnerability_alert"
        | "secret_scanning_alert"
        | "security_advisory" => "security_alert_has_narrower_audience",
        "marketplace_purchase" | "sponsorship" => "billing",
        _ => "unsupported_event",
    };
    Ok(Route::Unsupported(reason))
}

/// A renamed or moved repository is found under the name by which it was shared.
fn repository(envelope: &Envelope, former: Option<String>) -> Result<Route, ReadError> {
    let malformed = |field| ReadError::Malformed { field };
    let named = envelope.repository.as_ref().ok_or(malformed("repository"))?;
    let current = repository_key(&named.full_name).ok_or(malformed("repository.full_name"))?;
    match former {
        Some(former) => repository_key(&former).map(Route::Source).ok_or(malformed("changes")),
        None => Ok(Route::Source(current)),
    }
}

/// Items of an organization's project name no repository: the project itself is the source.
fn project(envelope: &Envelope) -> Result<Route, ReadError> {
    envelope
        .project()
        .and_then(project_key)
        .map(Route::Source)
        .ok_or(ReadError::Malformed { field: "projects_v2_item.project_node_id" })
}

/// `owner/name` in lower case, if it can be one.
pub(super) fn repository_key(full_name: &str) -> Option<String> {
    let (owner, name) = full_name.split_once('/')?;
    let plain = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed)
    };
    (full_name.len() <= LONGEST_NAME && plain(owner) && plain(name)).then(|| full_name.to_ascii_lowercase())
}

/// Node ids distinguish upper and lower case.
fn project_key(node_id: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'+' | b'/');
    let believable = !node_id.is_empty() && node_id.len() <= LONGEST_NAME && node_id.bytes().all(allowed);
    believable.then(|| format!("project:{node_id}"))
}

/// Also understands a pasted address of a repository.
pub(crate) fn canonical_source(typed: &str) -> Option<String> {
    if let Some(node_id) = typed.strip_prefix("project:") {
        return project_key(node_id);
    }
    let path = ["https://github.com/", "http://github.com/", "git@github.com:", "github.com/"]
        .iter()
        .find_map(|prefix| typed.strip_prefix(prefix))
        .unwrap_or(typed);
    let path = path.trim_end_matches('/');
    repository_key(path.strip_suffix(".git").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::canonical_source;

    #[test]
    fn a_typed_or_pasted_repository_becomes_its_key() {
        for typed in
            ["Oz/Web", "https://github.com/oz/web/", "git@github.com:oz/web.git", "github.com/OZ/web"]
        {
            assert_eq!(canonical_source(typed).as_deref(), Some("oz/web"), "{typed}");
        }
        for typed in ["", "oz", "oz/", "/web", "oz/web/issues", "oz/we b", "../..", "oz/…"] {
            assert_eq!(canonical_source(typed), None, "{typed}");
        }
    }
}
