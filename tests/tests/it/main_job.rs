//! From a real delivery to the right people's feed, search, tasks and figures.

use serde_json::{Value, json};

use crate::{
    house::{Caller, House, canary, eventually},
    signed::{Connection, github_delivery, github_issue, github_time, github_user, slack_message, slack_ts},
};

const REPOSITORY: &str = "acme/shop";

fn pull(state: &str, merged: bool, title: &str) -> Value {
    json!({"id": 5001, "number": 7, "title": title, "body": "Makes it faster.", "state": state, "draft": false,
        "user": github_user(1, "ada-dev"), "merged": merged, "merged_at": merged.then(|| github_time(0)),
        "merged_by": merged.then(|| github_user(2, "bea-dev")), "labels": [], "assignees": [], "requested_reviewers": [],
        "html_url": "https://github.com/acme/shop/pull/7", "created_at": github_time(-300),
        "updated_at": github_time(if merged { 0 } else { -300 }), "closed_at": merged.then(|| github_time(0)),
        "head": {"ref": "faster", "sha": "a".repeat(40), "repo": {"id": 4211, "full_name": REPOSITORY}},
        "base": {"ref": "main", "sha": "b".repeat(40), "repo": {"id": 4211, "full_name": REPOSITORY}}})
}

/// Opened, checked, commented, reviewed, merged.
fn life_of_a_pull_request(title: &str) -> Vec<(&'static str, Vec<u8>)> {
    let check = json!({"id": 31, "name": "unit tests", "status": "completed", "conclusion": "success",
        "head_sha": "a".repeat(40), "html_url": "https://github.com/acme/shop/runs/31", "started_at": github_time(-250),
        "completed_at": github_time(-200), "app": {"id": 88, "slug": "builder", "name": "Builder"},
        "pull_requests": [{"id": 5001, "number": 7, "base": {"ref": "main", "repo": {"id": 4211, "name": "shop"}}}]});
    let comment = json!({"id": 41, "body": "Looks quick to me.", "user": github_user(2, "bea-dev"),
        "html_url": "https://github.com/acme/shop/pull/7#issuecomment-41", "created_at": github_time(-150),
        "updated_at": github_time(-150)});
    let mut issue = github_issue(REPOSITORY, 7, title, "open");
    issue["pull_request"] = json!({"url": "https://api.github.com/repos/acme/shop/pulls/7"});
    let review = json!({"id": 51, "body": "Go.", "state": "approved", "user": github_user(2, "bea-dev"),
        "html_url": "https://github.com/acme/shop/pull/7#pullrequestreview-51", "submitted_at": github_time(-100)});
    let of = |action: &str, parts: Value| github_delivery(REPOSITORY, action, parts);
    vec![
        ("pull_request", of("opened", json!({"number": 7, "pull_request": pull("open", false, title)}))),
        ("check_run", of("completed", json!({"check_run": check}))),
        ("issue_comment", of("created", json!({"issue": issue, "comment": comment}))),
        (
            "pull_request_review",
            of("submitted", json!({"review": review, "pull_request": pull("open", false, title)})),
        ),
        ("pull_request", of("closed", json!({"number": 7, "pull_request": pull("closed", true, title)}))),
    ]
}

fn stories(caller: &Caller<'_>, word: &str) -> Vec<Value> {
    let feed = caller.items("/api/v1/feed?scope=org&limit=100");
    feed.into_iter().filter(|story| story.to_string().contains(word)).collect()
}

fn coverage(owner: &Caller<'_>, connection: &Connection, posted: u64) -> Value {
    eventually("every delivery is accounted for", || {
        let told = owner.get(&format!("/api/v1/integrations/{}/coverage", connection.id)).expect(200);
        (told["received"] == posted && told["pending"] == 0).then_some(told)
    })
}

#[test]
fn a_pull_request_with_its_checks_comments_and_reviews_is_one_story() {
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@one-story.example");
    let github = Connection::make(&owner, "github", "GitHub", &[(REPOSITORY, "org")]);
    let word = canary("faster");
    let title = format!("Make {word} so");
    for (event, body) in life_of_a_pull_request(&title) {
        assert_eq!(github.github(house, event, &body).status, 202, "{event}");
    }
    let told = coverage(&owner, &github, 5);
    let counted: u64 = ["applied", "skipped", "failed"].iter().map(|part| told[part].as_u64().unwrap()).sum();
    assert_eq!((counted, told["failed"].as_u64()), (5, Some(0)), "{told}");
    let story = eventually("the story has all that happened", || {
        let found = stories(&owner, &word);
        found.into_iter().find(|story| story["activity_count"].as_u64() >= Some(5))
    });
    assert_eq!(stories(&owner, &word).len(), 1, "one story");
    assert_eq!(story["title"], title);
    assert!(!story["why"].as_array().unwrap().is_empty(), "{story}");
    let verbs: Vec<&str> =
        story["activities"].as_array().unwrap().iter().filter_map(|done| done["verb"].as_str()).collect();
    assert!(verbs.contains(&"merged") && verbs.contains(&"approved"), "{verbs:?}");
    let merged = owner.get("/api/v1/insights/changes_merged?bucket=month").expect(200);
    let cells = merged["cells"].as_array().unwrap();
    assert!(
        cells.iter().all(|cell| cell["value"].is_null() || cell["value"] == 0.0),
        "below the floor: {merged}"
    );
}

#[test]
fn an_issue_is_a_task_that_follows_its_provider() {
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@issue.example");
    let github = Connection::make(&owner, "github", "GitHub", &[(REPOSITORY, "org")]);
    let title = canary("creaks");
    let deliver = |action: &str, state: &str| {
        let body = github_delivery(
            REPOSITORY,
            action,
            json!({"issue": github_issue(REPOSITORY, 17, &title, state)}),
        );
        assert_eq!(github.github(house, "issues", &body).status, 202);
    };
    let task = |state: &'static str| {
        eventually(state, || {
            let tasks = owner.items("/api/v1/tasks?limit=100");
            tasks.into_iter().find(|task| task["title"] == title.as_str() && task["state"] == state)
        })
    };
    deliver("opened", "open");
    let open = task("open");
    assert_eq!(open["links"][0]["provider"], "github");
    deliver("closed", "closed");
    let done = task("done");
    assert_eq!((&done["id"], &done["provider_state"]), (&open["id"], &json!("closed")));
    let hit = eventually("the issue is found", || owner.search(&title).pop());
    assert_eq!(hit["kind"], "task");
    assert_eq!(stories(&owner, &title).len(), 1);
}

#[test]
fn an_ask_becomes_a_hit_a_suggestion_with_its_quote_and_a_task_with_evidence() {
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@ask.example");
    let slack = Connection::make(&owner, "slack", "Slack", &[("C0SALES01", "org")]);
    let word = canary("budget");
    let ask = format!("About {word}: can you send me the Q3 forecast by Friday? <@U2>");
    let ts = slack_ts();
    slack.slack(house, &slack_message("C0SALES01", "U1", &ask, &ts));
    let mut reply = slack_message("C0SALES01", "U2", "Will do, it is nearly ready", &slack_ts());
    reply["thread_ts"] = json!(ts);
    slack.slack(house, &reply);

    let hit = eventually("the message is found", || owner.search(&word).pop());
    assert_eq!(hit["kind"], "message");
    let snippet = hit["snippet"].as_str().unwrap();
    assert!(snippet.contains(&format!("<mark>{word}</mark>")), "{snippet}");
    let suggestion = eventually("the action item", || {
        let open = owner.items("/api/v1/suggestions");
        open.into_iter().find(|one| one["quote"].as_str().is_some_and(|quote| quote.contains("forecast")))
    });
    assert!(
        ask.contains(suggestion["quote"].as_str().unwrap()),
        "the quote stands in the message: {suggestion}"
    );
    assert!(suggestion["due_on"].is_string(), "{suggestion}");
    assert_eq!(suggestion["message_id"], hit["id"]);
    let accept = format!("/api/v1/suggestions/{}/accept", suggestion["id"].as_str().unwrap());
    let task = owner.post(&accept, &json!({})).expect(200);
    assert_eq!(task["evidence"][0]["message_id"], hit["id"], "{task}");
    assert_eq!(task["evidence"][0]["quote"], suggestion["quote"]);
    assert_eq!(task["due_on"], suggestion["due_on"]);
    let story = eventually("the thread is one story", || {
        stories(&owner, &word).into_iter().find(|story| story["activity_count"].as_u64() >= Some(2))
    });
    assert_eq!(story["source"]["key"], "C0SALES01");
    let thread = owner.get(&format!("/api/v1/messages/{}", hit["id"].as_str().unwrap())).expect(200);
    assert!(thread["text"].as_str().unwrap().contains(&word));
}

#[test]
fn an_edit_and_a_deletion_at_the_source_act_everywhere() {
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@edit.example");
    let slack = Connection::make(&owner, "slack", "Slack", &[("C0SALES01", "org")]);
    let (before, after) = (canary("before"), canary("after"));
    let ts = slack_ts();
    slack.slack(house, &slack_message("C0SALES01", "U1", &format!("the word is {before}"), &ts));
    let id = eventually("the first wording", || owner.search(&before).pop())["id"].clone();
    let edited = json!({"type": "message", "subtype": "message_changed", "channel": "C0SALES01", "channel_type": "channel",
        "ts": slack_ts(), "event_ts": slack_ts(), "message": {"type": "message", "user": "U1", "ts": ts,
            "text": format!("the word is {after}"), "edited": {"user": "U1", "ts": slack_ts()}},
        "previous_message": {"type": "message", "user": "U1", "ts": ts, "text": format!("the word is {before}")}});
    slack.slack(house, &edited);
    assert_eq!(eventually("the second wording", || owner.search(&after).pop())["id"], id);
    eventually("the first wording is gone", || owner.search(&before).is_empty().then_some(()));
    let deleted = json!({"type": "message", "subtype": "message_deleted", "channel": "C0SALES01", "channel_type": "channel",
        "ts": slack_ts(), "event_ts": slack_ts(), "deleted_ts": ts,
        "previous_message": {"type": "message", "user": "U1", "ts": ts, "text": format!("the word is {after}")}});
    slack.slack(house, &deleted);
    eventually("the message is gone from search", || owner.search(&after).is_empty().then_some(()));
    let message = format!("/api/v1/messages/{}", id.as_str().unwrap());
    eventually("and by its id", || (owner.get(&message).status == 404).then_some(()));
    eventually("and from the feed", || stories(&owner, &after).is_empty().then_some(()));
    assert!(stories(&owner, &before).is_empty());
    let told = coverage(&owner, &slack, 3);
    assert_eq!(told["applied"], 3, "{told}");
}

#[test]
fn figures_have_their_shape_and_a_small_group_is_not_shown() {
    let house = &House::shared();
    let owner = house.organization("Acme", "owner@figures.example");
    let slack = Connection::make(&owner, "slack", "Slack", &[("C0SALES01", "org")]);
    for user in 0..4 {
        slack.slack(house, &slack_message("C0SALES01", &format!("U{user}"), "good morning", &slack_ts()));
    }
    coverage(&owner, &slack, 4);
    let today = clock::from_micros(crate::house::now_us()).format("%Y-%m-%d").to_string();
    let path = format!("/api/v1/insights/messages?bucket=day&from={today}");
    let figure = owner.get(&path).expect(200);
    assert_eq!(
        (&figure["metric"], &figure["unit"], &figure["bucket"]),
        (&json!("messages"), &json!("count"), &json!("day"))
    );
    for cell in figure["cells"].as_array().unwrap() {
        assert!(cell["value"].is_null() || cell["value"] == 0.0, "four people are below the floor: {cell}");
        assert!(
            cell["from"].is_string() && cell["to"].is_string() && cell.get("suppressed").is_some(),
            "{cell}"
        );
    }
}
