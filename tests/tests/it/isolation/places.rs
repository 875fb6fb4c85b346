//! Ids for the places in a route.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    house::{Caller, canary, eventually},
    scene::{HIDDEN, Scene, story_with},
};

/// Places whose things may belong to a few members.
pub const OF_A_FEW: &[&str] =
    &["messages", "threads", "stories", "files", "sources", "suggestions", "tasks", "lists", "team scope"];

/// The end of a well-formed id that nothing has.
pub const ABSENT: &str = "01h455vb4pex5vsknk084sn02q";

/// Ids by the place in a route that they fill.
pub struct Places(BTreeMap<&'static str, String>);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn named(caller: &Caller<'_>, path: &str, field: &str, name: &str) -> String {
    let found = caller.items(path).into_iter().find(|item| item[field] == name);
    text(&found.unwrap_or_else(|| panic!("no {name} at {path}"))["id"])
}

fn hit(caller: &Caller<'_>, kind: &str, word: &str) -> String {
    text(&eventually(kind, || caller.search(&format!("{word} kind:{kind}")).pop())["id"])
}

impl Places {
    /// Things that every member of the first organization sees.
    pub fn of(scene: &Scene<'_>) -> Self {
        let (owner, words) = (&scene.owner, &scene.words);
        let integration = scene.slack.id.clone();
        let victim = owner.invite(&format!("{}@acme.example", canary("victim")), "Victim", "member", &[]);
        let invited = json!({"email": format!("{}@acme.example", canary("invited")), "role": "member"});
        let invitation = owner.post("/api/v1/invitations", &invited).expect(201);
        let delivery = owner.items(&format!("/api/v1/integrations/{integration}/deliveries"))[0].clone();
        let token = owner.post("/api/v1/tokens", &json!({"name": "spare", "scopes": ["read"]})).expect(201);
        let mut places = Self(BTreeMap::from([
            ("identities", text(&owner.items("/api/v1/identities?limit=100")[0]["account_id"])),
            ("imports", text(&scene.import()["id"])),
            ("integrations", integration),
            ("deliveries", text(&delivery["id"])),
            ("invitations", text(&invitation["id"])),
            ("members", victim.member),
            ("teams", scene.team_id.clone()),
            ("team scope", scene.team_id.clone()),
            ("tokens", text(&token["id"])),
        ]));
        places.content(owner, [&words.open, &words.file, &words.task, &words.list], "report");
        places
    }

    /// The same, with things of the private channel and of the team where there are any.
    pub fn hidden(scene: &Scene<'_>) -> Self {
        let words = &scene.words;
        let mut places = Self::of(scene);
        places.content(
            &scene.insider,
            [&words.hidden, &words.hidden_file, &words.team_task, &words.team_list],
            "secret plan",
        );
        let source = &story_with(&scene.insider, &words.hidden).unwrap()["source"];
        assert_eq!(source["key"], HIDDEN);
        places
    }

    fn content(&mut self, caller: &Caller<'_>, [said, file, task, list]: [&String; 4], asked: &str) {
        let message = hit(caller, "message", said);
        let thread = caller.get(&format!("/api/v1/messages/{message}")).expect(200);
        let story = story_with(caller, said).unwrap();
        let suggestions = caller.items("/api/v1/suggestions?limit=100");
        let suggestion = suggestions.iter().find(|one| one["quote"].to_string().contains(asked)).unwrap();
        self.0.extend([
            ("threads", thread["thread_id"].as_str().map_or_else(|| message.clone(), str::to_owned)),
            ("messages", message),
            ("files", hit(caller, "file", file)),
            ("lists", named(caller, "/api/v1/lists", "name", list)),
            ("tasks", named(caller, "/api/v1/tasks?limit=100", "title", task)),
            ("suggestions", text(&suggestion["id"])),
            ("stories", text(&story["id"])),
            ("sources", text(&story["source"]["id"])),
        ]);
    }

    /// The same with ids that nothing has, at the places named.
    pub fn absent(&self, at: impl Fn(&str) -> bool) -> Self {
        let never = |id: &str| format!("{}_{ABSENT}", id.split('_').next().unwrap());
        let ids = self.0.iter().map(|(place, id)| (*place, if at(place) { never(id) } else { id.clone() }));
        Self(ids.collect())
    }

    pub fn get(&self, place: &str) -> &str {
        self.0.get(place).unwrap_or_else(|| panic!("no id is known for {place}: list it here"))
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// The text without any of these ids.
    pub fn blank(&self, text: &str) -> String {
        self.0.values().fold(text.to_owned(), |text, id| text.replace(id.as_str(), "…"))
    }

    /// A route with its places filled.
    pub fn fill(&self, route: &str) -> String {
        let (mut filled, mut noun) = (Vec::new(), "");
        for part in route.split('/') {
            filled.push(match part {
                "{metric}" => "messages",
                "{kind}" => "not-found",
                "{name}" => "none.js",
                "{provider}" => "slack",
                "{integration_id}" => self.get("integrations"),
                "{member_id}" | "{account_id}" | "{delivery_id}" | "{id}" => self.get(noun),
                plain => {
                    assert!(!plain.starts_with('{'), "{route}: say what fills {plain}");
                    plain
                }
            });
            noun = part;
        }
        filled.join("/")
    }
}
