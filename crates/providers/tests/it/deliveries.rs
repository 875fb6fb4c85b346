//! Deliveries as a provider would sign and send them, and short ways to look at what they say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use providers::{Activity, Fact, Reading, Refusal, Route, Verified};
use ring::hmac;

pub const SECRET: &[u8] = b"the organization's own secret";
pub const NOW: i64 = 1_700_000_000;

#[derive(Clone)]
pub struct Delivery {
    pub provider: &'static str,
    pub headers: BTreeMap<&'static str, Vec<u8>>,
    pub body: Vec<u8>,
}

impl Delivery {
    pub fn github(event: &str, body: &str) -> Self {
        let headers = BTreeMap::from([
            ("x-github-event", event.into()),
            ("x-github-delivery", b"72d3162e-cc78-11e3-81ab-4c9367dc0958".to_vec()),
            ("content-type", b"application/json".to_vec()),
        ]);
        Self { provider: "github", headers, body: body.into() }.signed_with(SECRET)
    }

    pub fn slack(body: &str) -> Self {
        let headers = BTreeMap::from([
            ("x-slack-request-timestamp", NOW.to_string().into_bytes()),
            ("content-type", b"application/json".to_vec()),
        ]);
        Self { provider: "slack", headers, body: body.into() }.signed_with(SECRET)
    }

    pub fn signature_header(&self) -> &'static str {
        if self.provider == "github" { "x-hub-signature-256" } else { "x-slack-signature" }
    }

    pub fn signed_with(mut self, secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let (prefix, message) = if self.provider == "github" {
            ("sha256=", self.body.clone())
        } else {
            let time = self.headers["x-slack-request-timestamp"].clone();
            ("v0=", [b"v0:".as_slice(), &time, b":", &self.body].concat())
        };
        let hex = data_encoding::HEXLOWER.encode(hmac::sign(&key, &message).as_ref());
        self.headers.insert(self.signature_header(), format!("{prefix}{hex}").into_bytes());
        self
    }

    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.insert(header, value.into());
        self
    }

    pub fn without(mut self, header: &str) -> Self {
        self.headers.remove(header);
        self
    }

    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn verify(&self, secrets: &[&[u8]]) -> Result<Verified, Refusal> {
        let headers = |name: &str| self.headers.get(name).map(Vec::as_slice);
        providers::verify(self.provider, &headers, &self.body, secrets, now())
    }
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).expect("a time")
}

/// Reads a body and checks on the way that every fact with content is from the source that the route names.
pub fn facts(provider: &str, event: &str, body: &str) -> Vec<Fact> {
    match providers::read(provider, event, body.as_bytes()).expect("readable") {
        Reading::Facts(facts) => {
            let route = providers::route(provider, event, body.as_bytes()).expect("routable");
            assert_belongs(&route, &facts);
            facts
        }
        Reading::Skipped(reason) => panic!("skipped: {reason}"),
    }
}

pub fn skipped(provider: &str, event: &str, body: &str) -> &'static str {
    match providers::read(provider, event, body.as_bytes()).expect("readable") {
        Reading::Skipped(reason) => reason,
        Reading::Facts(facts) => panic!("told {facts:?}"),
    }
}

pub fn activity(provider: &str, event: &str, body: &str) -> Activity {
    let mut facts = facts(provider, event, body);
    assert_eq!(facts.len(), 1, "{facts:?}");
    match facts.remove(0) {
        Fact::Activity(activity) => *activity,
        other => panic!("not an activity: {other:?}"),
    }
}

pub fn assert_belongs(route: &Route, facts: &[Fact]) {
    assert!(!facts.is_empty(), "facts, but none");
    for fact in facts {
        match (route, fact) {
            (Route::Source(source), Fact::Activity(activity)) => assert_eq!(source, &activity.source),
            (Route::Source(source), Fact::Membership(membership)) => assert_eq!(source, &membership.source),
            (Route::Source(source), Fact::Source(change)) => assert_eq!(source, &change.source),
            (Route::Connection, Fact::Person(_) | Fact::Disconnected { .. }) => {}
            (Route::Connection, Fact::Activity(activity)) => {
                assert_eq!(activity.verb, providers::Verb::Deleted);
                assert_eq!((activity.title.as_str(), activity.text.as_str()), ("", ""));
            }
            (route, fact) => panic!("{route:?} does not cover {fact:?}"),
        }
    }
}
