//! Whatever arrives, nothing panics.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::deliveries::{Delivery, SECRET, assert_belongs};
use providers::Reading;

const EVENTS: &[(&str, &str)] = &[
    ("github", "issues"),
    ("github", "issue_comment"),
    ("github", "pull_request"),
    ("github", "pull_request_review"),
    ("github", "pull_request_review_thread"),
    ("github", "push"),
    ("github", "create"),
    ("github", "gollum"),
    ("github", "release"),
    ("github", "deployment_status"),
    ("github", "check_run"),
    ("github", "workflow_run"),
    ("github", "status"),
    ("github", "discussion_comment"),
    ("github", "projects_v2_item"),
    ("github", "repository"),
    ("github", "member"),
    ("github", "fork"),
    ("github", "star"),
    ("github", "team_add"),
    ("github", "deploy_key"),
    ("github", "branch_protection_rule"),
    ("github", "label"),
    ("github", "package"),
    ("github", "project_card"),
    ("github", "page_build"),
    ("github", "workflow_job"),
    ("github", "workflow_dispatch"),
    ("github", "deployment_review"),
    ("github", "merge_group"),
    ("github", "installation"),
    ("slack", "message"),
    ("slack", "reaction_added"),
    ("slack", "file_deleted"),
    ("slack", "user_change"),
    ("slack", "channel_rename"),
    ("slack", "tokens_revoked"),
];

/// Reads a body in every way; what is read must belong where it was routed.
fn survive(provider: &str, event: &str, body: &[u8]) {
    let route = providers::route(provider, event, body);
    if let Ok(Reading::Facts(facts)) = providers::read(provider, event, body) {
        assert_belongs(&route.expect("readable, so routable"), &facts);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2024-02-30T25:00:00Z")),
        Just(json!("+262142-12-31T23:59:59Z")),
        Just(json!("999999999999.999999")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// A delivery of which everything is as documented.
fn sound(provider: &str) -> Value {
    let person = json!({"login": "ada", "id": 7, "type": "User"});
    let times = ("2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z");
    let numbered = json!({"id": 5, "number": 17, "title": "t", "body": "b @eve", "state": "open", "user": person,
        "created_at": times.0, "updated_at": times.1, "labels": [{"name": "l"}], "name": "n", "sha": "a", "tag_name": "v1",
        "full_name": "eve/web", "run_id": 3, "status": "built", "head_sha": "a", "project_url": "https://x/projects/3",
        "package_version": {"id": 6, "version": "1.0"},
        "conclusion": "success", "comments": [{"id": 4, "created_at": times.0, "updated_at": times.1}],
        "completed_at": times.1, "environment": "e", "project_node_id": "PVT_1"});
    let mut github = json!({"action": "opened", "sender": person, "member": person, "ref": "r", "ref_type": "branch",
        "repository": {"id": 1, "full_name": "oz/web", "updated_at": times.1}, "after": "a".repeat(40), "context": "c",
        "id": 2, "workflow": ".github/workflows/ci.yml",
        "state": "success", "created_at": times.0, "updated_at": times.1, "sha": "b".repeat(40),
        "pages": [{"page_name": "Home", "action": "edited"}],
        "commits": [{"id": "c".repeat(40), "message": "m\n\nn", "timestamp": times.0, "author": {"username": "eve"}}]});
    let parts = "issue comment pull_request review thread release deployment deployment_status check_run workflow_run \
        discussion projects_v2_item forkee team key rule label package project_card build workflow_job \
        merge_group";
    for part in parts.split(' ') {
        github[part] = numbered.clone();
    }
    let message =
        json!({"ts": "1700000000.000100", "text": "hello <@U1>", "user": "U2", "files": [{"id": "F1"}]});
    let slack = json!({"type": "event_callback", "team_id": "T1", "event": {"type": "message", "channel": "C024BE91L",
        "subtype": "", "user": "U1", "text": "a", "ts": "1700000000.000100", "event_ts": "1700000001.000100",
        "item": {"type": "message", "ts": "1700000000.000100"}, "reaction": "tada", "message": message,
        "previous_message": message, "deleted_ts": "1700000000.000100", "file_id": "F1", "channel_ids": ["C024BE91L"]}});
    if provider == "github" { github } else { slack }
}

/// Puts `value` at the place that `path` walks to, counting fields and elements round and round.
fn replace(target: &mut Value, path: &[usize], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    let inner = match target {
        Value::Object(fields) if !fields.is_empty() => {
            let at = step % fields.len();
            fields.values_mut().nth(at)
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step % items.len();
            items.get_mut(at)
        }
        _ => None,
    };
    match inner {
        Some(inner) => replace(inner, rest, value),
        None => *target = value,
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..256), event in "\\PC{0,20}") {
        for (provider, known) in EVENTS {
            survive(provider, known, &body);
            survive(provider, &event, &body);
        }
    }

    #[test]
    fn arbitrary_json_never_panics(value in any_json()) {
        let body = serde_json::to_vec(&value).expect("json");
        for (provider, event) in EVENTS {
            survive(provider, event, &body);
        }
    }

    #[test]
    fn a_sound_delivery_with_one_part_replaced_never_panics(
        at in prop::sample::select(EVENTS),
        action in prop::sample::select(&["opened", "created", "edited", "deleted", "closed", "completed", "renamed",
            "submitted", "resolved", "published", "added", "message_changed", "message_deleted", "file_share", "transferred"][..]),
        path in prop::collection::vec(any::<usize>(), 1..5),
        value in any_json(),
    ) {
        let (provider, event) = at;
        let mut delivery = sound(provider);
        if provider == "github" {
            delivery["action"] = json!(action);
        } else {
            delivery["event"]["type"] = json!(event);
            delivery["event"]["subtype"] = json!(if event == "message" { action } else { "" });
        }
        survive(provider, event, &serde_json::to_vec(&delivery).expect("json"));
        replace(&mut delivery, &path, value);
        survive(provider, event, &serde_json::to_vec(&delivery).expect("json"));
    }

    #[test]
    fn arbitrary_headers_and_bodies_are_refused(
        body in prop::collection::vec(any::<u8>(), 0..64),
        signature in prop::collection::vec(any::<u8>(), 0..80),
        time in prop::collection::vec(any::<u8>(), 0..20),
        signed in any::<bool>(),
    ) {
        for mut delivery in [Delivery::github("push", ""), Delivery::slack("")] {
            delivery.body.clone_from(&body);
            delivery.headers.insert("x-github-delivery", time.clone());
            if signed {
                // Rightly signed nonsense: GitHub's body is looked at later, Slack's must identify itself.
                let verified = delivery.signed_with(SECRET).verify(&[SECRET]);
                prop_assert!(verified.is_err() || verified.is_ok_and(|verified| !verified.delivery_key.is_empty()));
            } else {
                delivery.headers.insert("x-slack-request-timestamp", time.clone());
                delivery.headers.insert(delivery.signature_header(), signature.clone());
                prop_assert!(delivery.verify(&[SECRET]).is_err());
            }
        }
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for (open, close) in [("[", "]"), ("{\"repository\":", "}"), ("{\"event\":", "}")] {
        let body = format!("{}{}", open.repeat(200_000), close.repeat(200_000));
        for (provider, event) in EVENTS {
            assert!(providers::read(provider, event, body.as_bytes()).is_err());
        }
    }
}

#[test]
fn an_event_name_that_is_not_the_bodys_reads_as_malformed() {
    let issue = serde_json::to_vec(&json!({"action": "opened", "issue": {},
        "repository": {"id": 1, "full_name": "oz/web"}}))
    .expect("json");
    for event in ["issues", "pull_request", "push", "release", "status", "discussion", "member"] {
        assert!(providers::read("github", event, &issue).is_err(), "{event}");
    }
    let message = br#"{"type": "event_callback", "event": {"type": "message", "channel": "C1"}}"#;
    assert!(providers::route("slack", "reaction_added", message).is_err());
}
