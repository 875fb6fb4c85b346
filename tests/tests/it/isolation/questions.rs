//! What is asked: every route that the gateway declares.

use serde_json::{Value, json};

use super::places::Places;
use crate::{
    house::{Caller, House, canary},
    http::{Answer, query},
    scene::{OPEN, mailbox},
};

/// One request, with places still to be filled.
pub struct Question {
    method: String,
    pub path: String,
    /// After the question mark; a place stands in it as in a path.
    asked: String,
}

impl Question {
    fn new(method: &str, path: &str, asked: &str) -> Self {
        Self { method: method.to_uppercase(), path: path.to_owned(), asked: asked.to_owned() }
    }

    /// Its line in the golden.
    pub fn row(&self) -> String {
        let asked = if self.path == "/api/v1/search" { "?q=…" } else { self.asked.as_str() };
        format!("{} {}{asked} ", self.method, self.path)
    }

    /// Whether a word stands in the question.
    pub fn asks(&self, word: &str) -> bool {
        self.asked.contains(word)
    }

    /// Whether what was named is not looked for: what is seen already or muted no more is not told.
    pub fn is_silent(&self) -> bool {
        matches!(
            (self.method.as_str(), self.path.as_str()),
            ("POST", "/api/v1/feed/seen") | ("DELETE", "/api/v1/feed/mutes")
        )
    }

    fn target(&self, places: &Places) -> String {
        let mut target = places.fill(&self.path) + &self.asked;
        for place in ["stories", "lists", "team scope"] {
            target = target.replace(&format!("{{{place}}}"), places.get(place));
        }
        target
    }

    /// Whether two sets of ids make two questions of it.
    pub fn names_differently(&self, one: &Places, other: &Places) -> bool {
        let fixed = |places: &Places| body(&self.method, &self.path, places, "name");
        self.target(one) != self.target(other) || fixed(one) != fixed(other)
    }

    /// Asks.
    pub fn put(&self, caller: &Caller<'_>, places: &Places) -> Answer {
        let target = self.target(places);
        if self.method == "POST" && self.path == "/api/v1/imports" {
            let (kind, form) = mailbox(&canary("matrix"));
            return caller.call(&self.method, &target, Some((&kind, &form)));
        }
        match body(&self.method, &self.path, places, &canary("matrix")) {
            Some(body) => caller.with(&self.method, &target, &body),
            None => caller.call(&self.method, &target, None),
        }
    }
}

/// Every route, and the same routes asked about a thing in their query: reading, changing, deleting, the deeper ones first.
pub fn all(house: &House, places: &Places, word: &str) -> Vec<Question> {
    let document = house.nobody().get("/api/openapi.json").expect(200);
    let mut questions = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let asked = match (method.as_str(), path.as_str()) {
                ("get", "/api/v1/search") => format!("?q={}", query(word)),
                ("delete", "/api/v1/feed/mutes") => "?kind=story&id={stories}".to_owned(),
                ("get", "/signin/link") => "?token=none".to_owned(),
                _ => String::new(),
            };
            places.fill(path);
            questions.push(Question::new(method, path, &asked));
        }
    }
    for path in ["/api/v1/feed", "/api/v1/feed/stream", "/api/v1/insights/{metric}"] {
        questions.push(Question::new("GET", path, "?scope=team:{team scope}"));
    }
    questions.push(Question::new("GET", "/api/v1/tasks", "?list_id={lists}"));
    questions.push(Question::new("GET", "/api/v1/feed", "?scope=org"));
    questions.sort_by_key(|question| {
        let rank =
            ["GET", "PATCH", "PUT", "POST", "DELETE"].iter().position(|method| *method == question.method);
        let depth = if question.method == "DELETE" { usize::MAX - question.path.len() } else { 0 };
        (rank, depth, question.path.clone(), question.asked.clone())
    });
    questions
}

/// A body that the route would take from somebody who may.
fn body(method: &str, route: &str, places: &Places, name: &str) -> Option<Value> {
    Some(match (method, route) {
        ("PUT", "/api/v1/feed/mutes") => json!({"kind": "source", "id": places.get("sources")}),
        ("POST", "/api/v1/feed/seen") => json!({"story_ids": [places.get("stories")]}),
        ("PUT", "/api/v1/identities/{account_id}") => json!({"member_id": null}),
        ("POST", "/api/v1/integrations") => json!({"provider": "github", "name": name}),
        ("POST", "/api/v1/integrations/{id}/secret") => json!({}),
        ("POST", "/api/v1/integrations/{id}/sources/preview") => {
            json!({"sources": [{"key": OPEN, "visibility": "org"}]})
        }
        ("PUT", "/api/v1/integrations/{id}/sources") => {
            json!({"sources": [{"key": OPEN, "visibility": "org"}, {"key": "C0HIDDEN01", "visibility": "source"}]})
        }
        ("POST", "/api/v1/invitations") => json!({"email": format!("{name}@acme.example")}),
        ("POST", "/api/v1/lists" | "/api/v1/teams") | ("PATCH", "/api/v1/teams/{id}") => {
            json!({"name": name})
        }
        ("PATCH", "/api/v1/members/{id}") => json!({"name": name}),
        ("PATCH", "/api/v1/org") => json!({"cohort_floor": 6}),
        ("PATCH", "/api/v1/org/suggestions") => json!({"suggest": 0.5, "auto": null}),
        ("PATCH", "/api/v1/suggestions/{id}") => json!({"title": name}),
        ("POST", "/api/v1/suggestions/{id}/accept") => json!({}),
        ("POST", "/api/v1/tasks") => json!({"title": name, "list_id": places.get("lists")}),
        ("PATCH", "/api/v1/tasks/{id}") => json!({"priority": "high"}),
        ("POST", "/api/v1/tokens") => json!({"name": name, "scopes": ["read"]}),
        _ => return None,
    })
}
