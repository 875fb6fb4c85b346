//! Deliveries as providers post them.

use reqwest::StatusCode;
use ring::hmac;
use serde_json::{Value, json};

use crate::house::{House, Org};

/// A connected provider's door.
pub struct Hook {
    pub org: Org,
    pub provider: &'static str,
    pub id: String,
    pub secret: String,
}

/// One request, still to be spoiled.
#[derive(Clone)]
pub struct Post {
    pub provider: String,
    pub integration: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

fn hex_hmac(secret: &str, message: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message);
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Post {
    /// As GitHub would send it now.
    pub fn github(hook: &Hook, secret: &str, event: &str, delivery: &str, body: &[u8]) -> Self {
        let headers = vec![
            ("x-github-event", event.to_owned()),
            ("x-github-delivery", delivery.to_owned()),
            ("x-hub-signature-256", format!("sha256={}", hex_hmac(secret, body))),
        ];
        Self { provider: "github".into(), integration: hook.id.clone(), headers, body: body.to_vec() }
    }

    /// As Slack would send it at a time, seconds since the epoch.
    pub fn slack(hook: &Hook, secret: &str, at: i64, body: &[u8]) -> Self {
        let signed = [format!("v0:{at}:").as_bytes(), body].concat();
        let headers = vec![
            ("x-slack-request-timestamp", at.to_string()),
            ("x-slack-signature", format!("v0={}", hex_hmac(secret, &signed))),
        ];
        Self { provider: "slack".into(), integration: hook.id.clone(), headers, body: body.to_vec() }
    }

    pub async fn send(self, house: &House) -> StatusCode {
        let url = format!("http://{}/hooks/{}/{}", house.hooks, self.provider, self.integration);
        let mut request = house.web.post(url).header("content-type", "application/json").body(self.body);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap().status()
    }
}

impl House {
    /// Seconds since the epoch.
    pub fn now(&self) -> i64 {
        self.clock.now_us() / 1_000_000
    }

    /// Posts a delivery of GitHub, rightly signed.
    pub async fn github(&self, hook: &Hook, event: &str, delivery: &str, body: &Value) -> StatusCode {
        Post::github(hook, &hook.secret, event, delivery, body.to_string().as_bytes()).send(self).await
    }

    /// Posts a delivery of Slack, rightly signed.
    pub async fn slack(&self, hook: &Hook, body: &Value) -> StatusCode {
        Post::slack(hook, &hook.secret, self.now(), body.to_string().as_bytes()).send(self).await
    }
}

/// An event on issue 7 of a repository; `minute` orders its versions.
pub fn issue(repository: &str, action: &str, minute: u32, title: &str, text: &str) -> Value {
    let state = if action == "closed" { "closed" } else { "open" };
    json!({
        "action": action,
        "repository": {"id": 1, "full_name": repository},
        "sender": {"id": 5, "login": "ada", "type": "User"},
        "issue": {
            "number": 7, "title": title, "body": text, "state": state,
            "state_reason": (action == "closed").then_some("completed"),
            "html_url": format!("https://github.com/{repository}/issues/7"),
            "user": {"id": 5, "login": "ada", "type": "User"},
            "created_at": "2026-05-01T10:00:00Z", "updated_at": format!("2026-05-01T10:{minute:02}:00Z"),
        },
    })
}

/// A Slack event in its envelope.
pub fn slack_event(id: &str, event: Value) -> Value {
    json!({"type": "event_callback", "team_id": "T1", "event_id": id, "event": event})
}

/// A message posted in a channel.
pub fn message(id: &str, channel: &str, ts: &str, text: &str) -> Value {
    slack_event(
        id,
        json!({"type": "message", "channel": channel, "user": "U1", "text": text, "ts": ts, "event_ts": ts}),
    )
}
