//! What Slack's deliveries say. The payloads follow Slack's documentation.

use providers::{Activity, Fact, ItemKind, ReadError, Route, SourceEvent, ThingKind, Verb};
use serde_json::{Value, json};

use crate::deliveries::{activity, facts, skipped};

const ROOT: &str = "1700000000.000100";
const REPLY: &str = "1700000050.000200";
const LATER: &str = "1700000100.000300";

fn delivery(event: Value) -> String {
    json!({"token": "t", "team_id": "T1", "type": "event_callback", "event_id": "Ev1", "event": event})
        .to_string()
}

fn message(extra: Value) -> String {
    let mut event = json!({"type": "message", "channel": "C024BE91L", "user": "U1", "text": "hello", "ts": ROOT,
        "event_ts": ROOT, "channel_type": "channel"});
    for (name, part) in extra.as_object().expect("an object") {
        event[name] = part.clone();
    }
    delivery(event)
}

fn told(extra: Value) -> Activity {
    activity("slack", "message", &message(extra))
}

#[test]
fn a_message_begins_a_thread_and_a_reply_continues_it() {
    let first = told(json!({"text": "ask <@U2|eve> &amp; <@U3>"}));
    assert_eq!((first.source.as_str(), first.thing.as_str()), ("C024BE91L", "thread:1700000000.000100"));
    assert_eq!((first.item.as_str(), first.reply_to.clone()), ("message:1700000000.000100", None));
    assert_eq!(
        (first.thing_kind, first.kind, first.verb),
        (ThingKind::Conversation, ItemKind::Message, Verb::Created)
    );
    assert_eq!((first.title.as_str(), first.text.as_str()), ("", "ask @eve & <@U3>"));
    assert_eq!(first.occurred_at.timestamp_micros(), 1_700_000_000_000_100);
    let mentioned: Vec<_> = first.mentions.iter().map(|person| person.key.as_str()).collect();
    assert_eq!(mentioned, ["U2", "U3"]);
    for subtype in ["", "thread_broadcast"] {
        let reply = told(json!({"ts": REPLY, "thread_ts": ROOT, "subtype": subtype}));
        assert_eq!((&reply.thing, reply.reply_to.as_deref()), (&first.thing, Some(first.item.as_str())));
        assert_eq!(reply.thing_opened_at, Some(first.occurred_at));
    }
}

#[test]
fn bots_and_apps_are_marked_and_their_attachments_read() {
    let by_bot = told(
        json!({"subtype": "bot_message", "user": null, "bot_id": "B7", "username": "builds", "text": "",
        "attachments": [{"fallback": "build 5 failed"}, {"text": "<https://a.example|log>", "fallback": "x"}]}),
    );
    let bot = by_bot.actor.expect("a bot");
    assert_eq!((bot.key.as_str(), bot.name.as_deref(), bot.bot), ("B7", Some("builds"), true));
    assert_eq!(by_bot.text, "build 5 failed\n[log](https://a.example)");
    assert!(told(json!({"bot_id": "B7"})).actor.is_some_and(|actor| actor.bot && actor.key == "U1"));
    assert!(!told(json!({})).actor.is_some_and(|actor| actor.bot));
}

#[test]
fn files_are_items_of_their_own_beside_the_message() {
    let file = json!({"id": "F1", "name": "plan.pdf", "mimetype": "application/pdf", "size": 12, "permalink": "https://s/F1"});
    let facts =
        facts("slack", "message", &message(json!({"subtype": "file_share", "text": "", "files": [file]})));
    let [Fact::Activity(message), Fact::Activity(file)] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!((message.files.len(), message.files[0].name.as_str()), (1, "plan.pdf"));
    assert_eq!((file.item.as_str(), file.kind, file.title.as_str()), ("file:F1", ItemKind::File, "plan.pdf"));
    assert_eq!((&file.thing, file.reply_to.as_ref()), (&message.thing, Some(&message.item)));
}

fn change(before: Value, after: Value) -> String {
    message(json!({"subtype": "message_changed", "user": null, "text": "", "ts": LATER, "event_ts": LATER,
        "message": after, "previous_message": before}))
}

#[test]
fn an_edit_is_a_newer_version_of_the_same_item() {
    let before = json!({"user": "U1", "text": "helo", "ts": REPLY, "thread_ts": ROOT});
    let after = json!({"user": "U1", "text": "hello", "ts": REPLY, "thread_ts": ROOT, "edited": {"user": "U1", "ts": LATER}});
    let edited = activity("slack", "message", &change(before.clone(), after));
    assert_eq!(
        (edited.item.as_str(), edited.thing.as_str()),
        ("message:1700000050.000200", "thread:1700000000.000100")
    );
    assert_eq!((edited.verb, edited.text.as_str()), (Verb::Edited, "hello"));
    assert_eq!(edited.version.timestamp_micros(), 1_700_000_100_000_300);
    let mut unfurled = before.clone();
    unfurled["attachments"] = json!([{"fallback": "a preview"}]);
    assert_eq!(skipped("slack", "message", &change(before, unfurled)), "unchanged");
}

#[test]
fn a_deletion_names_the_item_and_its_files_and_says_nothing_else() {
    let previous = json!({"user": "U1", "text": "the secret", "ts": REPLY, "thread_ts": ROOT, "files": [{"id": "F1", "name": "secret"}]});
    let body = message(
        json!({"subtype": "message_deleted", "user": null, "text": null, "ts": LATER, "event_ts": LATER,
        "deleted_ts": REPLY, "previous_message": previous}),
    );
    let gone = facts("slack", "message", &body);
    let items: Vec<_> = gone
        .iter()
        .map(|fact| match fact {
            Fact::Activity(activity) => (activity.item.as_str(), activity.verb, activity.thing.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let thread = "thread:1700000000.000100";
    assert_eq!(
        items,
        [("message:1700000050.000200", Verb::Deleted, thread), ("file:F1", Verb::Deleted, thread)]
    );
    assert!(!format!("{gone:?}").contains("secret"));
    let tombstone =
        json!({"subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.", "ts": ROOT});
    let replaced =
        activity("slack", "message", &change(json!({"user": "U1", "text": "x", "ts": ROOT}), tombstone));
    assert_eq!(
        (replaced.verb, replaced.item.as_str(), replaced.text.as_str()),
        (Verb::Deleted, "message:1700000000.000100", "")
    );
}

#[test]
fn a_file_removed_by_an_edit_is_gone() {
    let before = json!({"user": "U1", "text": "plan", "ts": ROOT, "files": [{"id": "F1"}, {"id": "F2"}]});
    let after = json!({"user": "U1", "text": "plan", "ts": ROOT, "files": [{"id": "F2"}]});
    let facts = facts("slack", "message", &change(before, after));
    let Some(Fact::Activity(last)) = facts.last() else { panic!("{facts:?}") };
    assert_eq!((last.item.as_str(), last.verb), ("file:F1", Verb::Deleted));
}

#[test]
fn a_reaction_comes_and_goes_as_one_item() {
    let reaction = |kind: &str| {
        delivery(json!({"type": kind, "user": "U2", "reaction": "tada", "item_user": "U1", "event_ts": LATER,
            "item": {"type": "message", "channel": "C024BE91L", "ts": REPLY}}))
    };
    let added = activity("slack", "reaction_added", &reaction("reaction_added"));
    let removed = activity("slack", "reaction_removed", &reaction("reaction_removed"));
    assert_eq!((added.verb, removed.verb), (Verb::Reacted, Verb::Deleted));
    assert_eq!(added.item, removed.item);
    assert_eq!(added.reply_to.as_deref(), Some("message:1700000050.000200"));
    assert_eq!((added.text.as_str(), removed.text.as_str()), (":tada:", ""));
}

fn source_event(event: Value) -> (String, SourceEvent) {
    let kind = event["type"].as_str().expect("a type").to_owned();
    match facts("slack", &kind, &delivery(event)).remove(0) {
        Fact::Source(change) => (change.source, change.change),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_happens_to_a_channel_happens_to_the_source() {
    let renamed = source_event(
        json!({"type": "channel_rename", "channel": {"id": "C1", "name": "plans", "created": 1}}),
    );
    assert_eq!(renamed, ("C1".into(), SourceEvent::Titled { name: "plans".into() }), "its key stays");
    let moved = json!({"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C1"});
    assert_eq!(source_event(moved), ("G1".into(), SourceEvent::Renamed { to: "C1".into() }));
    for prefix in ["channel", "group"] {
        let event = |what: &str| source_event(json!({"type": format!("{prefix}_{what}"), "channel": "C1"})).1;
        assert_eq!(event("deleted"), SourceEvent::Deleted);
        assert_eq!(event("archive"), SourceEvent::Archived);
        assert_eq!(event("unarchive"), SourceEvent::Unarchived);
    }
    let body = message(json!({"subtype": "channel_convert_to_private"}));
    assert!(
        matches!(&facts("slack", "message", &body)[0], Fact::Source(change) if change.change == SourceEvent::MadePrivate)
    );
}

#[test]
fn joining_and_leaving_is_membership() {
    for (kind, present) in [("member_joined_channel", true), ("member_left_channel", false)] {
        let body =
            delivery(json!({"type": kind, "user": "U5", "channel": "C1", "channel_type": "C", "team": "T1"}));
        match facts("slack", kind, &body).remove(0) {
            Fact::Membership(membership) => {
                assert_eq!((membership.person.key.as_str(), membership.present), ("U5", present))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_address_is_verified_only_for_the_workspaces_own_confirmed_people() {
    let person = |team: &str, confirmed: bool, stranger: bool| {
        let body = delivery(
            json!({"type": "user_change", "user": {"id": "U5", "team_id": team, "name": "eve", "is_bot": false,
            "is_email_confirmed": confirmed, "is_stranger": stranger,
            "profile": {"real_name": "Eve Adams", "email": "eve@example.org"}}}),
        );
        match facts("slack", "user_change", &body).remove(0) {
            Fact::Person(person) => person,
            other => panic!("{other:?}"),
        }
    };
    let own = person("T1", true, false);
    assert_eq!(
        (own.key.as_str(), own.name.as_deref(), own.handle.as_deref()),
        ("U5", Some("Eve Adams"), Some("eve"))
    );
    assert_eq!((own.email.as_deref(), own.email_verified), (Some("eve@example.org"), true));
    assert!(!person("T1", false, false).email_verified);
    assert!(!person("T2", true, false).email_verified);
    assert!(!person("T1", true, true).email_verified);
}

#[test]
fn the_end_of_the_connection_is_told() {
    let uninstalled = delivery(json!({"type": "app_uninstalled"}));
    assert_eq!(
        facts("slack", "app_uninstalled", &uninstalled),
        [Fact::Disconnected { reason: "app_uninstalled" }]
    );
    let revoked = |tokens: Value| delivery(json!({"type": "tokens_revoked", "tokens": tokens}));
    let bot = revoked(json!({"oauth": ["U1"], "bot": ["U2"]}));
    assert_eq!(facts("slack", "tokens_revoked", &bot), [Fact::Disconnected { reason: "tokens_revoked" }]);
    assert_eq!(skipped("slack", "tokens_revoked", &revoked(json!({"oauth": ["U1"]}))), "user_token_revoked");
}

#[test]
fn a_deleted_file_is_gone_from_every_channel() {
    let body = delivery(
        json!({"type": "file_deleted", "file_id": "F1", "channel_ids": ["C1", "C2"], "event_ts": LATER}),
    );
    let facts = facts("slack", "file_deleted", &body);
    let sources: Vec<_> = facts
        .iter()
        .map(|fact| match fact {
            Fact::Activity(activity) => (activity.source.as_str(), activity.item.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sources, [("C1", "file:F1"), ("C2", "file:F1")]);
    assert_eq!(providers::route("slack", "file_deleted", body.as_bytes()), Ok(Route::Connection));
}

#[test]
fn what_a_message_carries_is_not_told_twice() {
    let body = delivery(
        json!({"type": "app_mention", "user": "U1", "text": "<@U0> hi", "ts": ROOT, "channel": "C1"}),
    );
    assert_eq!(skipped("slack", "app_mention", &body), "carried_by_message");
    assert_eq!(skipped("slack", "message", &message(json!({"text": "", "ts": ROOT}))), "no_content");
    assert_eq!(skipped("slack", "message", &message(json!({"subtype": "channel_topic"}))), "no_content");
}

#[test]
fn keys_are_never_empty_or_invented() {
    let malformed = |event: Value, field: &'static str| {
        let kind = event["type"].as_str().expect("a type").to_owned();
        let error = providers::read("slack", &kind, delivery(event).as_bytes()).expect_err("malformed");
        assert_eq!(error, ReadError::Malformed { field });
    };
    malformed(json!({"type": "message", "channel": "", "ts": ROOT, "text": "a"}), "event.channel");
    malformed(json!({"type": "message", "channel": "C/1", "ts": ROOT, "text": "a"}), "event.channel");
    malformed(json!({"type": "message", "channel": "C1", "ts": "1700000000", "text": "a"}), "event.ts");
    malformed(
        json!({"type": "message", "channel": "C1", "ts": ROOT, "thread_ts": "x", "text": "a"}),
        "event.thread_ts",
    );
    malformed(json!({"type": "message", "channel": "C1", "ts": ROOT, "files": [{"id": ""}]}), "file.id");
    malformed(json!({"type": "member_joined_channel", "channel": "C1", "user": ""}), "event.user");
    malformed(json!({"type": "user_change", "user": {"id": ""}}), "event.user.id");
}
