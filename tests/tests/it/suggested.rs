//! From words to a task: in a chat by REST, in a mailbox by the command line; and when the words change, what was suggested changes.

use std::fs;

use serde_json::{Value, json};

use crate::{
    house::{Caller, House, eventually},
    scene::suggestion_about,
    signed::{Connection, slack_message, slack_ts},
};

const CHANNEL: &str = "C0SUGG001";

/// What Slack sends when somebody changes what they wrote.
fn edited(ts: &str, user: &str, text: &str) -> Value {
    let at = slack_ts();
    json!({"type": "message", "subtype": "message_changed", "channel": CHANNEL, "channel_type": "channel",
        "ts": at, "event_ts": at,
        "message": {"type": "message", "user": user, "text": text, "ts": ts, "edited": {"user": user, "ts": at}}})
}

/// What Slack sends when a message is gone.
fn deleted(ts: &str) -> Value {
    let at = slack_ts();
    json!({"type": "message", "subtype": "message_deleted", "channel": CHANNEL, "channel_type": "channel",
        "ts": at, "event_ts": at, "deleted_ts": ts})
}

/// The quote is exactly what its offsets cut out of the message, and a person is told why.
fn assert_evidence(caller: &Caller<'_>, found: &Value) {
    let message = found["message_id"].as_str().unwrap();
    let text = caller.get(&format!("/api/v1/messages/{message}")).expect(200)["text"].clone();
    let offset = |field: &str| usize::try_from(found[field].as_u64().unwrap()).unwrap();
    let cut = &text.as_str().unwrap()[offset("quote_start")..offset("quote_end")];
    assert_eq!(cut, found["quote"], "{found}");
    let reasons = found["reasons"].as_array().unwrap();
    let told = |reason: &Value| reason["text"].as_str().is_some_and(|text| !text.is_empty());
    assert!(!reasons.is_empty() && reasons.iter().all(told), "{found}");
    let confidence = found["confidence"].as_f64().unwrap();
    assert!(confidence > 0.0 && confidence <= 1.0, "{found}");
}

#[test]
fn words_of_a_chat_become_a_task_with_its_evidence() {
    let house = &House::shared();
    let owner = house.organization("Nursery", "owner@suggested-chat.example");
    let slack = Connection::make(&owner, "slack", "Slack", &[(CHANNEL, "org")]);
    let ask = "Morning all. <@U2> can you send Carla the offer for the greenhouse by Friday?";
    slack.slack(house, &slack_message(CHANNEL, "U1", ask, &slack_ts()));
    let found = eventually("the ask is suggested", || suggestion_about(&owner, "greenhouse"));
    assert_evidence(&owner, &found);
    assert_eq!((&found["change"], &found["status"]), (&json!("create"), &json!("open")), "{found}");
    assert!(!found["due_on"].is_null() && !found["assignee"].is_null(), "{found}");

    let path = format!("/api/v1/suggestions/{}", found["id"].as_str().unwrap());
    let refused = owner.with("PATCH", &path, &json!({"due_on": "soon"}));
    assert_eq!((refused.status, &refused.json()["errors"][0]["field"]), (422, &json!("due_on")));
    let change = json!({"title": "Send Carla the offer", "due_on": "2027-01-15", "assignee": {"member_id": owner.member}});
    let corrected = owner.with("PATCH", &path, &change).expect(200);
    assert_eq!(corrected["quote"], found["quote"], "correcting leaves the evidence alone");

    let task = owner.post(&format!("{path}/accept"), &json!({})).expect(200);
    assert_eq!((&task["title"], &task["due_on"]), (&json!("Send Carla the offer"), &json!("2027-01-15")));
    assert_eq!(task["assignee"]["member_id"], owner.member.as_str(), "{task}");
    assert_eq!(task["evidence"][0]["quote"], found["quote"]);
    assert_eq!(task["evidence"][0]["message_id"], found["message_id"]);
    assert!(suggestion_about(&owner, "greenhouse").is_none(), "nothing is left to decide");
    let again = owner.post(&format!("{path}/accept"), &json!({})).expect(200);
    assert_eq!(again["id"], task["id"], "accepting twice makes one task");
}

#[test]
fn a_suggestion_follows_its_message() {
    let house = &House::shared();
    let owner = house.organization("Nursery", "owner@suggested-edit.example");
    let slack = Connection::make(&owner, "slack", "Slack", &[(CHANNEL, "org")]);
    let (said, gone) = (slack_ts(), slack_ts());
    slack.slack(house, &slack_message(CHANNEL, "U1", "I'll order the seed trays by 12 June.", &said));
    slack.slack(house, &slack_message(CHANNEL, "U1", "<@U2> please book the van for Saturday", &gone));
    let first = eventually("the trays are suggested", || suggestion_about(&owner, "seed trays"));
    eventually("the van is suggested", || suggestion_about(&owner, "van"));

    slack.slack(house, &edited(&said, "U1", "I'll order the seed trays and pots by 19 June."));
    let then = eventually("it says what the message says now", || suggestion_about(&owner, "trays and pots"));
    assert!(then["due_on"].as_str().unwrap().ends_with("06-19"), "{then}");
    assert!(first["due_on"].as_str().unwrap().ends_with("06-12"), "{first}");
    assert_evidence(&owner, &then);
    let trays = owner.items("/api/v1/suggestions?limit=100");
    let trays = trays.iter().filter(|found| found["quote"].as_str().unwrap().contains("seed trays"));
    assert_eq!(trays.count(), 1, "the old one is gone");

    slack.slack(house, &edited(&said, "U1", "The seed trays are lovely."));
    slack.slack(house, &deleted(&gone));
    eventually("nothing is asked any more, so nothing is suggested", || {
        owner.items("/api/v1/suggestions?limit=100").is_empty().then_some(())
    });
}

/// Two mails of one thread: an ask, and an answer that quotes it and promises something else.
fn thread() -> String {
    let mail = |id: &str, from: &str, reply: &str, text: &str| {
        format!(
            "From {from}@nursery.example Wed May  6 09:00:00 2026\r\nMessage-ID: <{id}@nursery.example>\r\n{reply}\
             From: {from} <{from}@nursery.example>\r\nTo: Nursery <all@nursery.example>\r\nSubject: The fair\r\n\
             Date: Wed, 06 May 2026 09:00:00 +0000\r\n\r\n{text}\r\n\r\n"
        )
    };
    mail("a", "Ann", "", "Hello Ben,\r\n\r\nCould you print the price list by 20 May?\r\n\r\nBest,\r\nAnn")
        + &mail(
            "b",
            "Ben",
            "In-Reply-To: <a@nursery.example>\r\n",
            "On Wed, May 6, 2026, Ann wrote:\r\n> Could you print the price list by 20 May?\r\n\r\n\
             I'll also bring the banner on Monday.\r\n\r\nBen",
        )
}

#[test]
fn words_of_a_mailbox_become_a_task_by_the_command_line() {
    let house = &House::shared();
    let owner = house.organization("Nursery", "owner@suggested-mail.example");
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("mails.mbox");
    fs::write(&mails, thread()).unwrap();
    house.import(&owner, "mbox", &mails, "mails");
    let listed = |words: &str| {
        let lines = house.command(&owner, &["suggestions", "--json"]);
        let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        found.into_iter().find(|found| found["quote"].as_str().unwrap().contains(words))
    };
    let asked = eventually("the ask", || listed("price list"));
    let promised = eventually("the promise", || listed("banner"));
    assert_eq!(owner.items("/api/v1/suggestions?limit=100").len(), 2, "the quoted ask is no second one");
    assert_evidence(&owner, &asked);
    assert_evidence(&owner, &promised);
    assert_eq!(asked["due_on"], "2026-05-20");

    let told = house.command(&owner, &["suggestions"]);
    let reason = asked["reasons"][0]["text"].as_str().unwrap();
    assert!(told.contains(reason) && told.contains("Could you print the price list by 20 May?"), "{told}");

    let id = asked["id"].as_str().unwrap();
    let corrected = house.command(&owner, &["suggestions", "edit", id, "--due", "2026-05-19"]);
    assert!(corrected.contains("due 2026-05-19"), "{corrected}");
    let made = house.command(&owner, &["suggestions", "--json", "accept", id]);
    let task: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((&task["due_on"], &task["evidence"][0]["quote"]), (&json!("2026-05-19"), &asked["quote"]));
    house.command(&owner, &["suggestions", "reject", promised["id"].as_str().unwrap()]);
    assert_eq!(house.command(&owner, &["suggestions"]), "", "all is decided");
}
