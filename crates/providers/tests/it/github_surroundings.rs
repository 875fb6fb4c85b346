//! What GitHub tells of a repository beside its work: who comes, what is set, what is published, what runs.

use providers::{Activity, Fact, Route, State, ThingKind, Verb};
use serde_json::{Value, json};

use crate::deliveries::{activity, facts, skipped};

const OPENED: &str = "2024-05-01T10:00:00Z";
const UPDATED: &str = "2024-05-02T11:30:00Z";

fn delivery(action: &str, parts: Value) -> String {
    let mut body = json!({"action": action, "sender": {"login": "ada", "id": 7, "type": "User"},
        "repository": {"id": 9, "full_name": "Oz/Web", "html_url": "https://github.com/Oz/Web", "updated_at": UPDATED}});
    for (name, part) in parts.as_object().expect("an object") {
        body[name] = part.clone();
    }
    body.to_string()
}

fn told(event: &str, action: &str, parts: Value) -> Activity {
    activity("github", event, &delivery(action, parts))
}

fn names(activity: &Activity) -> (&str, &str, &str) {
    (&activity.thing, &activity.item, &activity.title)
}

#[test]
fn a_fork_is_told_by_its_name_alone() {
    let forkee = json!({"id": 3, "full_name": "eve/web", "created_at": OPENED, "description": "hidden",
        "html_url": "https://github.com/eve/hidden", "homepage": "hidden"});
    let fork = told("fork", "", json!({"forkee": forkee}));
    assert_eq!(names(&fork), ("fork:3", "fork:3", "forked to eve/web"));
    assert_eq!((fork.thing_kind, fork.source.as_str()), (ThingKind::Event, "oz/web"));
    assert!(!format!("{fork:?}").contains("hidden"));
}

#[test]
fn a_star_is_one_item_however_it_is_sent_and_can_be_taken_back() {
    let starred = told("star", "created", json!({"starred_at": OPENED}));
    let watched = told("watch", "started", json!({}));
    assert_eq!(names(&starred), ("repository", "star:7", "starred"));
    assert_eq!((&starred.item, starred.verb), (&watched.item, watched.verb));
    assert_eq!(starred.thing_title.as_deref(), Some("Oz/Web"));
    let gone = told("star", "deleted", json!({"starred_at": null}));
    assert_eq!((gone.item.as_str(), gone.verb, gone.title.as_str()), ("star:7", Verb::Deleted, ""));
}

#[test]
fn what_happens_to_a_repository_is_told_beside_what_it_changes() {
    for action in ["archived", "unarchived", "privatized"] {
        let told = facts("github", "repository", &delivery(action, json!({})));
        let [Fact::Activity(story), Fact::Source(_)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(
            (story.thing.as_str(), story.item.as_str()),
            ("repository", &*format!("repository:{action}"))
        );
    }
    for action in ["created", "edited", "publicized"] {
        assert_eq!(told("repository", action, json!({})).thing, "repository");
    }
    let gone = facts("github", "repository", &delivery("deleted", json!({})));
    assert!(matches!(gone.as_slice(), [Fact::Source(_)]), "no story of what is purged: {gone:?}");
    let member = json!({"member": {"login": "eve", "id": 8}});
    let added = facts("github", "member", &delivery("added", member.clone()));
    let [Fact::Membership(_), Fact::Activity(story)] = added.as_slice() else { panic!("{added:?}") };
    assert_eq!(names(story), ("repository", "member:8", "eve added"));
    assert_eq!(facts("github", "member", &delivery("removed", member)).len(), 1);
}

#[test]
fn settings_are_told_without_what_only_administrators_see() {
    let team = |privacy: &str| json!({"team": {"id": 5, "name": "night shift", "privacy": privacy}});
    let added = told("team_add", "", team("closed"));
    assert_eq!(names(&added), ("repository", "team:5:added", "team night shift added"));
    assert_eq!(added.item, told("team", "added_to_repository", team("closed")).item);
    assert_eq!(told("team", "removed_from_repository", team("secret")).title, "a team removed");
    let key = json!({"key": {"id": 4, "title": "hidden", "key": "ssh-rsa hidden", "created_at": OPENED}});
    let key = told("deploy_key", "created", key);
    assert_eq!(names(&key), ("repository", "deploy-key:4:created", "deploy key created"));
    let rule = json!({"id": 6, "name": "main", "created_at": OPENED, "updated_at": OPENED,
        "authorized_actor_names": ["hidden"]});
    let rule = told("branch_protection_rule", "deleted", json!({"rule": rule}));
    assert_eq!(names(&rule), ("repository", "branch-rule:6:deleted", "branch protection rule main deleted"));
    assert!(!format!("{key:?}{rule:?}").contains("hidden"));
}

#[test]
fn alerts_that_fewer_people_see_stay_out() {
    for event in [
        "dependabot_alert",
        "code_scanning_alert",
        "secret_scanning_alert",
        "repository_vulnerability_alert",
        "security_advisory",
    ] {
        let body = delivery("created", json!({}));
        assert_eq!(skipped("github", event, &body), "security_alert_has_narrower_audience");
    }
}

#[test]
fn a_package_is_a_release_however_it_is_sent() {
    let package = |version: &str| {
        json!({"id": 2, "name": "door", "updated_at": UPDATED,
            "package_version": {"id": 3, "version": version, "created_at": "0001-01-01T00:00:00Z"}})
    };
    let published = told("package", "published", json!({"package": package("1.0.0")}));
    assert_eq!(names(&published), ("package:2", "package-version:3", "door 1.0.0"));
    assert_eq!(
        (published.thing_kind, published.occurred_at.to_rfc3339()),
        (ThingKind::Release, "2024-05-02T11:30:00+00:00".into())
    );
    let digest = format!("sha256:{}", "a".repeat(64));
    let again = told("registry_package", "published", json!({"registry_package": package(&digest)}));
    assert_eq!(names(&again), ("package:2", "package-version:3", "door sha256:aaaaaaaaaaaa"));
    let nowhere = json!({"action": "published", "package": package("1")}).to_string();
    let route = providers::route("github", "package", nowhere.as_bytes());
    assert_eq!(route, Ok(Route::Unsupported("no_repository")));
}

#[test]
fn columns_and_cards_belong_to_their_classic_project() {
    let of = |rest: Value| {
        let mut entry = json!({"id": 4, "project_url": "https://api.github.com/projects/12", "created_at": OPENED,
            "updated_at": UPDATED, "name": "Doing", "content_url": "https://api.github.com/repos/other/hidden/issues/1"});
        for (name, value) in rest.as_object().expect("an object") {
            entry[name] = value.clone();
        }
        entry
    };
    let column = told("project_column", "created", json!({"project_column": of(json!({}))}));
    assert_eq!(names(&column), ("project:12", "project-column:4", "Doing"));
    let card = told("project_card", "moved", json!({"project_card": of(json!({"note": "oil it"}))}));
    assert_eq!((names(&card), card.text.as_str()), (("project:12", "project-card:4", "card"), "oil it"));
    let bare = told("project_card", "created", json!({"project_card": of(json!({"note": null}))}));
    assert!(!format!("{bare:?}").contains("hidden"));
    let project = told("project", "closed", json!({"project": of(json!({"id": 12, "state": "closed"}))}));
    assert_eq!((names(&project), project.verb), (("project:12", "project:12", "Doing"), Verb::Closed));
    let lost = delivery("created", json!({"project_card": of(json!({"project_url": ""}))}));
    assert!(providers::read("github", "project_card", lost.as_bytes()).is_err());
}

#[test]
fn all_builds_of_the_pages_are_one_thing() {
    let built = |status: &str| {
        let build = json!({"status": status, "created_at": OPENED, "updated_at": UPDATED});
        let told = told("page_build", "", json!({"id": 3, "build": build}));
        assert_eq!((told.thing.as_str(), told.thing_kind), ("pages", ThingKind::Deployment));
        told.verb
    };
    assert_eq!(
        (built("built"), built("errored"), built("building")),
        (Verb::Succeeded, Verb::Failed, Verb::Updated)
    );
}

#[test]
fn what_began_is_told_alone_and_never_in_the_story_of_a_pull_request() {
    let of = |pulls: Value| {
        json!({"id": 33, "name": "lint", "head_sha": "abc", "started_at": OPENED, "created_at": OPENED,
            "updated_at": UPDATED, "pull_requests": pulls})
    };
    for (event, action, thing) in [
        ("check_run", "created", "check:33"),
        ("check_suite", "requested", "suite:abc"),
        ("workflow_run", "in_progress", "run:33"),
    ] {
        let began = told(event, action, json!({event: of(json!([]))}));
        assert_eq!((began.thing.as_str(), began.verb), (thing, Verb::Updated), "{event}");
        assert_eq!(began.state, Some((State::InProgress, action.to_owned())), "{event}");
        let in_pull =
            delivery(action, json!({event: of(json!([{"number": 23, "base": {"repo": {"id": 9}}}]))}));
        assert_eq!(skipped("github", event, &in_pull), "not_finished", "{event}");
    }
}

#[test]
fn jobs_and_approvals_belong_to_their_run() {
    let job = |action: &str, conclusion: Value| {
        let job = json!({"id": 5, "run_id": 44, "name": "build", "workflow_name": "CI", "status": action,
            "conclusion": conclusion, "created_at": OPENED, "started_at": OPENED, "completed_at": UPDATED});
        let told = told("workflow_job", action, json!({"workflow_job": job}));
        assert_eq!(names(&told), ("run:44", "job:5", "build"));
        (told.verb, told.state.expect("a state").0)
    };
    assert_eq!(job("queued", Value::Null), (Verb::Updated, State::InProgress));
    assert_eq!(job("completed", json!("success")), (Verb::Succeeded, State::Done));
    assert_eq!(job("completed", json!("failure")), (Verb::Failed, State::Open));
    let run = json!({"id": 44, "name": "CI", "created_at": OPENED, "updated_at": UPDATED});
    let waits =
        told("deployment_review", "requested", json!({"workflow_run": run, "environment": "production"}));
    assert_eq!(names(&waits), ("run:44", "deployment-review:44", "waits for approval"));
}

#[test]
fn what_starts_a_workflow_is_told_without_what_was_handed_over() {
    let by_hand = told(
        "workflow_dispatch",
        "",
        json!({"workflow": ".github/workflows/oil.yml", "inputs": {"token": "hidden"}}),
    );
    assert_eq!(by_hand.title, "workflow oil.yml started by hand");
    let outside = told("repository_dispatch", "rebuild", json!({"client_payload": {"token": "hidden"}}));
    assert_eq!(outside.thing, "dispatch:rebuild");
    assert!(!format!("{by_hand:?}{outside:?}").contains("hidden"));
    let group =
        json!({"head_sha": "abc", "head_commit": {"message": "Oil\n\nthe door", "timestamp": OPENED}});
    let group = told("merge_group", "checks_requested", json!({"merge_group": group}));
    assert_eq!(names(&group), ("merge-group:abc", "merge-group:abc", "Oil"));
}
