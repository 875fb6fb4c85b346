//! What providers send, signed as they sign it. Shapes follow GitHub's "Webhook events and payloads" and Slack's Events API.

use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    house::{Caller, House, now_us, serial},
    http::{self, Answer},
    traces,
};

/// A connected integration.
#[derive(Clone)]
pub struct Connection {
    pub id: String,
    pub secret: String,
}

impl Connection {
    /// Connects a provider and shares sources: key and visibility.
    pub fn make(owner: &Caller<'_>, provider: &str, name: &str, sources: &[(&str, &str)]) -> Self {
        let made =
            owner.post("/api/v1/integrations", &json!({"provider": provider, "name": name})).expect(201);
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        traces::remember([text("secret")]);
        let connection = Self { id: text("id"), secret: text("secret") };
        connection.share(owner, sources);
        connection
    }

    /// Says what is shared.
    pub fn share(&self, owner: &Caller<'_>, sources: &[(&str, &str)]) {
        let sources: Vec<Value> =
            sources.iter().map(|(key, visibility)| json!({"key": key, "visibility": visibility})).collect();
        let path = format!("/api/v1/integrations/{}/sources", self.id);
        owner.with("PUT", &path, &json!({"sources": sources})).expect(200);
    }

    fn sign(&self, parts: &[&[u8]]) -> String {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes()));
        parts.iter().for_each(|part| mac.update(part));
        HEXLOWER.encode(mac.sign().as_ref())
    }

    /// A delivery of GitHub with an id of its own.
    pub fn github(&self, house: &House, event: &str, body: &[u8]) -> Answer {
        self.github_as(house, event, &format!("delivery-{}-{}", now_us(), serial()), body).unwrap()
    }

    /// The same with a given delivery id; an error means that it was not answered.
    pub fn github_as(&self, house: &House, event: &str, id: &str, body: &[u8]) -> std::io::Result<Answer> {
        let signature = format!("sha256={}", self.sign(&[body]));
        let headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "GitHub-Hookshot/journey"),
            ("X-GitHub-Event", event),
            ("X-GitHub-Delivery", id),
            ("X-Hub-Signature-256", &signature),
        ];
        http::send(house.addr, "POST", &format!("/hooks/github/{}", self.id), &headers, Some(body))
    }

    /// A request of Slack, signed at `now_us() + later` seconds.
    pub fn slack_at(&self, house: &House, body: &[u8], later: i64) -> std::io::Result<Answer> {
        let timestamp = (now_us() / 1_000_000 + later).to_string();
        let signature = format!("v0={}", self.sign(&[b"v0:", timestamp.as_bytes(), b":", body]));
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Slack-Request-Timestamp", timestamp.as_str()),
            ("X-Slack-Signature", &signature),
        ];
        http::send(house.addr, "POST", &format!("/hooks/slack/{}", self.id), &headers, Some(body))
    }

    /// An event of Slack, which must be taken.
    #[track_caller]
    pub fn slack(&self, house: &House, event: &Value) {
        let answer = self.slack_at(house, slack_envelope(event).as_bytes(), 0).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
}

/// The envelope around an event of Slack.
pub fn slack_envelope(event: &Value) -> String {
    let id = format!("Ev{:X}{:X}", now_us(), serial());
    json!({"token": "unused", "team_id": "T0ACME", "api_app_id": "A0ACME", "type": "event_callback", "event_id": id,
        "event_time": now_us() / 1_000_000, "event": event})
    .to_string()
}

/// A timestamp as Slack writes it, never the same twice.
pub fn slack_ts() -> String {
    let us = now_us();
    format!("{}.{:06}", us / 1_000_000, (us + i64::try_from(serial()).unwrap()) % 1_000_000)
}

/// A message in a channel.
pub fn slack_message(channel: &str, user: &str, text: &str, ts: &str) -> Value {
    json!({"type": "message", "channel": channel, "channel_type": "channel", "user": user, "text": text, "ts": ts,
        "event_ts": ts, "team": "T0ACME"})
}

/// Seconds from now as GitHub writes times.
pub fn github_time(seconds: i64) -> String {
    clock::from_micros(now_us() + seconds * 1_000_000).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A user of GitHub.
pub fn github_user(id: u64, login: &str) -> Value {
    json!({"login": login, "id": id, "type": "User", "site_admin": false})
}

/// A delivery about a repository.
pub fn github_delivery(repository: &str, action: &str, parts: Value) -> Vec<u8> {
    let (owner, name) = repository.split_once('/').unwrap();
    let mut body = json!({"action": action, "sender": github_user(1, "ada-dev"), "repository": {
        "id": 4211, "name": name, "full_name": repository, "private": false, "owner": github_user(77, owner),
        "html_url": format!("https://github.com/{repository}"), "default_branch": "main"}});
    for (key, part) in parts.as_object().unwrap() {
        body[key] = part.clone();
    }
    body.to_string().into_bytes()
}

/// An issue, opened some seconds ago.
pub fn github_issue(repository: &str, number: u64, title: &str, state: &str) -> Value {
    json!({"id": 9000 + number, "number": number, "title": title, "body": "As said.", "state": state,
        "state_reason": (state == "closed").then_some("completed"), "user": github_user(1, "ada-dev"), "labels": [],
        "assignees": [], "html_url": format!("https://github.com/{repository}/issues/{number}"), "comments": 0,
        "created_at": github_time(-600), "updated_at": github_time(if state == "closed" { 0 } else { -600 }),
        "closed_at": (state == "closed").then(|| github_time(0))})
}
