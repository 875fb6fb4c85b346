//! What GitHub's deliveries say, family by family. The payloads follow GitHub's documentation.

use providers::{Fact, ItemKind, ReadError, Route, SourceEvent, State, ThingKind, Verb};
use serde_json::{Value, json};

use crate::deliveries::{activity, facts, skipped};

const OPENED: &str = "2024-05-01T10:00:00Z";
const UPDATED: &str = "2024-05-02T11:30:00Z";

fn person(id: u64, login: &str) -> Value {
    json!({"login": login, "id": id, "type": if login.ends_with("[bot]") { "Bot" } else { "User" }})
}

fn repository() -> Value {
    json!({"id": 9, "full_name": "Oz/Web", "updated_at": UPDATED, "pushed_at": OPENED})
}

fn delivery(action: &str, parts: Value) -> String {
    let mut body = json!({"action": action, "repository": repository(), "sender": person(7, "ada")});
    for (name, part) in parts.as_object().expect("an object") {
        body[name] = part.clone();
    }
    body.to_string()
}

fn issue() -> Value {
    json!({"number": 17, "title": "The door creaks", "body": "Ask @eve, @ada", "html_url": "https://github.com/Oz/Web/issues/17",
        "user": person(7, "ada"), "state": "open", "labels": [{"name": "bug"}], "assignees": [person(8, "eve")],
        "created_at": OPENED, "updated_at": UPDATED})
}

fn pull() -> Value {
    json!({"number": 23, "title": "Oil the door", "body": null, "html_url": "https://github.com/Oz/Web/pull/23",
        "user": person(7, "ada"), "state": "open", "draft": false, "merged": false, "merged_at": null,
        "labels": [], "assignees": [person(8, "eve")], "requested_reviewers": [person(8, "eve"), person(9, "kim")],
        "created_at": OPENED, "updated_at": UPDATED,
        "head": {"label": "stranger:patch", "repo": {"full_name": "stranger/secret", "description": "hidden"}}})
}

fn comment() -> Value {
    json!({"id": 991, "body": "done by @kim", "html_url": "https://github.com/c", "user": person(7, "ada"),
        "created_at": OPENED, "updated_at": UPDATED})
}

fn told(event: &str, action: &str, parts: Value) -> providers::Activity {
    activity("github", event, &delivery(action, parts))
}

#[test]
fn an_opened_issue_is_a_task_with_all_it_says() {
    let told = told("issues", "opened", json!({"issue": issue()}));
    assert_eq!(
        (told.source.as_str(), told.thing.as_str(), told.item.as_str()),
        ("oz/web", "issue:17", "issue:17")
    );
    assert_eq!((told.thing_kind, told.kind, told.verb), (ThingKind::Task, ItemKind::Task, Verb::Created));
    assert_eq!((told.title.as_str(), told.text.as_str()), ("The door creaks", "Ask @eve, @ada"));
    assert_eq!(told.occurred_at.to_rfc3339(), "2024-05-01T10:00:00+00:00");
    assert_eq!(told.version.to_rfc3339(), "2024-05-02T11:30:00+00:00");
    assert_eq!(told.thing_opened_at, Some(told.occurred_at));
    assert_eq!(told.state, Some((State::Open, "open".into())));
    assert_eq!((told.labels[0].as_str(), told.assignees[0].key.as_str()), ("bug", "8"));
    let mentioned: Vec<_> = told.mentions.iter().map(|person| person.key.as_str()).collect();
    assert_eq!(mentioned, ["8", "7"], "people whom the payload describes are mentioned by their id");
    let actor = told.actor.expect("a sender");
    assert_eq!((actor.key.as_str(), actor.handle.as_deref(), actor.bot), ("7", Some("ada"), false));
}

#[test]
fn closing_tells_done_from_given_up() {
    let closed = |reason: Value| {
        let mut issue = issue();
        issue["state"] = json!("closed");
        issue["state_reason"] = reason;
        let told = told("issues", "closed", json!({"issue": issue}));
        (told.verb, told.state.expect("a state"))
    };
    assert_eq!(closed(json!("completed")), (Verb::Completed, (State::Done, "closed".into())));
    assert_eq!(closed(Value::Null), (Verb::Completed, (State::Done, "closed".into())));
    assert_eq!(closed(json!("not_planned")), (Verb::Closed, (State::Canceled, "not_planned".into())));
}

#[test]
fn a_pull_request_in_the_form_of_an_issue_is_told_by_its_own_event() {
    let mut as_pull = issue();
    as_pull["pull_request"] = json!({"url": "https://api.github.com/repos/Oz/Web/pulls/17"});
    let body = delivery("milestoned", json!({ "issue": as_pull }));
    assert_eq!(skipped("github", "issues", &body), "covered_by_pull_request");
}

#[test]
fn a_deleted_issue_carries_no_content() {
    let told = told("issues", "deleted", json!({"issue": issue()}));
    assert_eq!((told.verb, told.item.as_str()), (Verb::Deleted, "issue:17"));
    assert_eq!((told.title.as_str(), told.text.as_str(), told.thing_title), ("", "", None));
    assert!(told.mentions.is_empty() && told.assignees.is_empty() && told.labels.is_empty());
}

#[test]
fn a_transferred_issue_tells_nothing_of_where_it_went() {
    let new = json!({"new_issue": {"title": "elsewhere"}, "new_repository": {"id": 2, "full_name": "other/private"}});
    let told = told("issues", "transferred", json!({"issue": issue(), "changes": new}));
    assert_eq!((told.verb, told.source.as_str()), (Verb::Moved, "oz/web"));
    assert!(!format!("{told:?}").contains("private") && !format!("{told:?}").contains("elsewhere"));
}

#[test]
fn comments_fold_into_what_they_are_about() {
    let on_issue = told("issue_comment", "created", json!({"issue": issue(), "comment": comment()}));
    assert_eq!((on_issue.thing.as_str(), on_issue.item.as_str()), ("issue:17", "comment:991"));
    assert_eq!((on_issue.kind, on_issue.reply_to.as_deref()), (ItemKind::Message, Some("issue:17")));
    let mut as_pull = issue();
    as_pull["pull_request"] = json!({"url": "https://api.github.com/repos/Oz/Web/pulls/17"});
    let on_pull = told("issue_comment", "edited", json!({"issue": as_pull, "comment": comment()}));
    assert_eq!((on_pull.thing.as_str(), on_pull.item.as_str()), ("pull:17", "comment:991"));
    assert_eq!((on_pull.thing_kind, on_pull.verb), (ThingKind::ChangeRequest, Verb::Edited));
    let gone = told("issue_comment", "deleted", json!({"issue": issue(), "comment": comment()}));
    assert_eq!((gone.item.as_str(), gone.text.as_str(), gone.mentions.len()), ("comment:991", "", 0));
    assert_eq!(gone.thing_title.as_deref(), Some("The door creaks"), "the issue itself is still there");
}

#[test]
fn everything_about_a_pull_request_shares_its_thing() {
    let mut line = comment();
    line["pull_request_review_id"] = json!(5);
    let review = json!({"id": 5, "body": "fine", "state": "approved", "user": person(8, "eve"), "submitted_at": UPDATED});
    let here =
        json!([{"number": 1, "base": {"repo": {"id": 4}}}, {"number": 23, "base": {"repo": {"id": 9}}}]);
    let check = json!({"id": 33, "name": "lint", "conclusion": "failure", "completed_at": UPDATED,
        "app": {"id": 3, "slug": "linter", "name": "Linter"}, "pull_requests": here});
    let run = json!({"id": 44, "name": "CI", "conclusion": "success", "created_at": OPENED, "updated_at": UPDATED,
        "pull_requests": here});
    let thread = json!({"comments": [comment()]});
    let cases = [
        ("pull_request", "opened", json!({"pull_request": pull()}), "pull:23", Verb::Created),
        (
            "pull_request_review",
            "submitted",
            json!({"pull_request": pull(), "review": review}),
            "review:5",
            Verb::Approved,
        ),
        (
            "pull_request_review_comment",
            "created",
            json!({"pull_request": pull(), "comment": line}),
            "review-comment:991",
            Verb::Created,
        ),
        (
            "pull_request_review_thread",
            "resolved",
            json!({"pull_request": pull(), "thread": thread}),
            "review-thread:991",
            Verb::Closed,
        ),
        ("check_run", "completed", json!({"check_run": check}), "check:33", Verb::Failed),
        ("workflow_run", "completed", json!({"workflow_run": run}), "run:44", Verb::Succeeded),
    ];
    for (event, action, parts, item, verb) in cases {
        let told = told(event, action, parts);
        assert_eq!((told.thing.as_str(), told.item.as_str(), told.verb), ("pull:23", item, verb), "{event}");
        assert!(!format!("{told:?}").contains("secret"), "nothing of the fork: {event}");
    }
}

#[test]
fn a_check_of_another_repositorys_pull_request_stands_alone() {
    let elsewhere = json!([{"number": 1, "base": {"repo": {"id": 4}}}]);
    let check = json!({"id": 33, "name": "lint", "conclusion": "success", "completed_at": UPDATED,
        "pull_requests": elsewhere});
    let told = told("check_run", "completed", json!({"check_run": check}));
    assert_eq!((told.thing.as_str(), told.thing_kind), ("check:33", ThingKind::Event));
}

#[test]
fn the_state_of_a_pull_request_follows_its_life() {
    let after = |action: &str, field: &str, value: Value| {
        let mut pull = pull();
        pull["state"] = json!(if action == "closed" { "closed" } else { "open" });
        pull[field] = value;
        let told = told("pull_request", action, json!({"pull_request": pull}));
        (told.verb, told.state.expect("a state"))
    };
    assert_eq!(after("closed", "merged", json!(true)), (Verb::Merged, (State::Done, "merged".into())));
    assert_eq!(after("closed", "merged", json!(false)), (Verb::Closed, (State::Canceled, "closed".into())));
    assert_eq!(after("opened", "draft", json!(true)), (Verb::Created, (State::InProgress, "draft".into())));
    let asked = told("pull_request", "review_requested", json!({"pull_request": pull()}));
    let keys: Vec<_> = asked.assignees.iter().map(|person| person.key.as_str()).collect();
    assert_eq!((asked.verb, keys), (Verb::Assigned, vec!["8", "9"]));
}

#[test]
fn an_empty_review_around_line_comments_is_skipped() {
    let review = json!({"id": 5, "body": null, "state": "COMMENTED", "submitted_at": UPDATED});
    let body = delivery("submitted", json!({"pull_request": pull(), "review": review}));
    assert_eq!(skipped("github", "pull_request_review", &body), "no_content");
}

fn commit(hash: char, message: &str, username: &str) -> Value {
    json!({"id": hash.to_string().repeat(40), "message": message, "timestamp": OPENED, "url": "https://github.com/x",
        "distinct": true, "author": {"name": "A Name", "email": "Someone@Example.org", "username": username}})
}

fn push(commits: Value) -> String {
    json!({"ref": "refs/heads/main", "before": "0".repeat(40), "after": "b".repeat(40), "deleted": false,
        "compare": "https://github.com/compare", "commits": commits, "sender": person(7, "ada"),
        "repository": {"id": 9, "full_name": "Oz/Web", "created_at": 1557933565, "pushed_at": 1714644000}})
    .to_string()
}

#[test]
fn a_push_tells_its_new_commits_as_one_story() {
    let mut known = commit('c', "told before", "ada");
    known["distinct"] = json!(false);
    let body = push(json!([known, commit('a', "Oil\n\nthe door", "Ada"), commit('b', "Paint it", "")]));
    let told = facts("github", "push", &body);
    let [Fact::Activity(first), Fact::Activity(second)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(first.item, format!("commit:{}", "a".repeat(40)));
    assert_eq!((&first.thing, &second.thing), (&second.item, &second.item));
    assert_eq!((first.title.as_str(), first.text.as_str()), ("Oil", "the door"));
    assert_eq!(first.occurred_at.timestamp(), 1_714_644_000, "when it was pushed");
    assert_eq!(first.actor.as_ref().map(|person| person.key.as_str()), Some("7"));
    let stranger = second.actor.as_ref().expect("an author");
    assert_eq!((stranger.key.as_str(), stranger.email_verified), ("mail:someone@example.org", false));
}

#[test]
fn a_merge_commit_belongs_to_its_pull_request() {
    let body = push(json!([commit('b', "Merge pull request #23 from oz/oil\n\nOil the door", "ada")]));
    let merge = activity("github", "push", &body);
    assert_eq!((merge.thing.as_str(), merge.thing_kind), ("pull:23", ThingKind::ChangeRequest));
    assert_eq!((merge.item, merge.thing_title), (format!("commit:{}", "b".repeat(40)), None));
}

#[test]
fn more_commits_than_github_sends_are_too_many() {
    let commits: Vec<Value> = (0..2049).map(|_| commit('a', "m", "ada")).collect();
    let body = push(json!(commits));
    let error = providers::read("github", "push", body.as_bytes()).expect_err("too many");
    assert_eq!(error, ReadError::TooLarge { what: "commits" });
    let fewer: Vec<Value> = (0..2048).map(|_| commit('a', "m", "ada")).collect();
    assert_eq!(facts("github", "push", &push(json!(fewer))).len(), 2048);
}

#[test]
fn releases_and_deployments_end_done_or_failed() {
    let release = json!({"id": 3, "tag_name": "v1", "name": "", "body": "notes", "draft": false, "created_at": OPENED,
        "published_at": UPDATED});
    let published = told("release", "published", json!({"release": release}));
    assert_eq!((published.title.as_str(), published.item.as_str()), ("v1", "release:3"));
    assert_eq!(published.state, Some((State::Done, "published".into())));
    assert_eq!(
        skipped("github", "release", &delivery("released", json!({"release": release}))),
        "covered_by_published"
    );
    let status = |state: &str| {
        let deployment = json!({"id": 6, "environment": "production", "created_at": OPENED});
        let status = json!({"id": 8, "state": state, "created_at": UPDATED, "updated_at": UPDATED});
        let told = told(
            "deployment_status",
            "created",
            json!({"deployment": deployment, "deployment_status": status}),
        );
        assert_eq!((told.thing.as_str(), told.title.as_str()), ("deployment:6", "production"));
        told.verb
    };
    assert_eq!(
        (status("success"), status("failure"), status("queued")),
        (Verb::Succeeded, Verb::Failed, Verb::Updated)
    );
}

#[test]
fn discussions_milestones_and_projects_have_their_things() {
    let discussion =
        json!({"number": 4, "title": "Which oil?", "body": "", "created_at": OPENED, "updated_at": UPDATED});
    assert_eq!(told("discussion", "answered", json!({"discussion": discussion})).verb, Verb::Completed);
    let mut answer = comment();
    answer["parent_id"] = json!(12);
    let reply = told("discussion_comment", "created", json!({"discussion": discussion, "comment": answer}));
    assert_eq!(reply.reply_to.as_deref(), Some("discussion-comment:12"));
    assert_eq!((reply.thing.as_str(), reply.item.as_str()), ("discussion:4", "discussion-comment:991"));
    let milestone = json!({"number": 2, "title": "Spring", "description": null, "state": "open",
        "due_on": "2024-06-01T07:00:00Z", "created_at": OPENED, "updated_at": UPDATED});
    let planned = told("milestone", "created", json!({"milestone": milestone}));
    assert_eq!(planned.due_on.map(|due| due.to_string()).as_deref(), Some("2024-06-01"));
    let item = json!({"id": 70, "project_node_id": "PVT_kwDO", "created_at": OPENED, "updated_at": UPDATED});
    let changes = json!({"field_value": {"field_name": "Status", "to": {"name": "In review"}}});
    let body = json!({"action": "edited", "projects_v2_item": item, "changes": changes}).to_string();
    let moved = activity("github", "projects_v2_item", &body);
    assert_eq!((moved.source.as_str(), moved.item.as_str()), ("project:PVT_kwDO", "project-item:70"));
    assert_eq!(moved.state, Some((State::InProgress, "In review".into())));
}

#[test]
fn bots_are_marked() {
    let by = |sender: Value| {
        let mut body: Value =
            serde_json::from_str(&delivery("opened", json!({"issue": issue()}))).expect("json");
        body["sender"] = sender;
        activity("github", "issues", &body.to_string()).actor.is_some_and(|actor| actor.bot)
    };
    assert!(by(person(1, "dependabot[bot]")));
    assert!(by(json!({"login": "helper", "id": 2, "type": "Bot"})));
    assert!(!by(person(7, "ada")));
    assert!(!by(Value::Null));
}

fn source_event(body: &str) -> (String, SourceEvent) {
    match facts("github", "repository", body).pop() {
        Some(Fact::Source(change)) => (change.source, change.change),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_renamed_or_moved_repository_is_found_by_its_former_name() {
    let renamed = delivery("renamed", json!({"changes": {"repository": {"name": {"from": "Old"}}}}));
    assert_eq!(source_event(&renamed), ("oz/old".into(), SourceEvent::Renamed { to: "oz/web".into() }));
    for kind in ["user", "organization"] {
        let moved = delivery(
            "transferred",
            json!({"changes": {"owner": {"from": {kind: {"login": "Kim", "id": 4}}}}}),
        );
        assert_eq!(source_event(&moved), ("kim/web".into(), SourceEvent::Renamed { to: "oz/web".into() }));
    }
    let unexplained = delivery("renamed", json!({}));
    let error = providers::route("github", "repository", unexplained.as_bytes()).expect_err("no former name");
    assert_eq!(error, ReadError::Malformed { field: "changes" });
}

#[test]
fn the_audience_of_a_repository_narrows_and_never_widens() {
    let made = |action: &str| delivery(action, json!({}));
    assert_eq!(source_event(&made("privatized")).1, SourceEvent::MadePrivate);
    assert_eq!(source_event(&made("deleted")).1, SourceEvent::Deleted);
    assert_eq!(source_event(&made("archived")).1, SourceEvent::Archived);
    for (event, action) in [("repository", "publicized"), ("public", "")] {
        let told = activity("github", event, &made(action));
        assert_eq!((told.thing.as_str(), told.item.as_str()), ("repository", "repository:publicized"));
    }
    let timeless =
        json!({"action": "privatized", "repository": {"id": 9, "full_name": "Oz/Web"}}).to_string();
    assert_eq!(source_event(&timeless).1, SourceEvent::MadePrivate, "even without a time for its story");
    for (action, present) in [("added", true), ("removed", false)] {
        match facts("github", "member", &delivery(action, json!({"member": person(8, "eve")}))).remove(0) {
            Fact::Membership(membership) => {
                assert_eq!((membership.person.key.as_str(), membership.present), ("8", present));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_end_of_the_connection_is_told() {
    let uninstalled =
        json!({"action": "deleted", "installation": {"id": 1}, "repositories": [repository()]}).to_string();
    assert_eq!(
        facts("github", "installation", &uninstalled),
        [Fact::Disconnected { reason: "app_uninstalled" }]
    );
    let several =
        json!({"action": "added", "repositories_added": [{"full_name": "oz/a"}, {"full_name": "oz/b"}]});
    let several = several.to_string();
    assert_eq!(
        providers::route("github", "installation_repositories", several.as_bytes()),
        Ok(Route::Connection)
    );
    assert_eq!(skipped("github", "installation_repositories", &several), "installation_changed");
}

#[test]
fn a_repository_that_cannot_be_named_is_malformed() {
    for name in ["", "oz", "oz/", "/web", "oz/web/more", "oz/we b", "oz/..", "oz/wéb"] {
        let body = json!({"action": "opened", "repository": {"id": 1, "full_name": name}}).to_string();
        let error = providers::route("github", "issues", body.as_bytes()).expect_err("no key");
        assert_eq!(error, ReadError::Malformed { field: "repository.full_name" }, "{name}");
    }
    let error = providers::route("github", "issues", br#"{"action": "opened"}"#).expect_err("no repository");
    assert_eq!(error, ReadError::Malformed { field: "repository" });
}
