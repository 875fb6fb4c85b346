//! Two organizations, one of them full of words that nobody else may ever read.

use serde_json::{Value, json};

use crate::{
    house::{Caller, House, canary, eventually},
    signed::{Connection, github_delivery, github_issue, slack_message, slack_ts},
};

pub const OPEN: &str = "C0OPENS01";
const OF_TEAM: &str = "C0TEAMS01";
pub const HIDDEN: &str = "C0HIDDEN01";

/// What was said where; each a word that stands nowhere else.
pub struct Words {
    pub organization: String,
    pub integration: String,
    pub repository: String,
    pub open: String,
    pub file: String,
    pub task: String,
    pub list: String,
    pub team_name: String,
    pub member: String,
    pub imported: String,
    /// In the addresses of all members.
    pub mail: String,
    /// In the team's channel.
    pub team: String,
    pub team_list: String,
    pub team_task: String,
    /// In the private channel: a message, an ask, a file.
    pub hidden: String,
    pub hidden_ask: String,
    pub hidden_file: String,
}

impl Words {
    fn new() -> Self {
        Self {
            organization: canary("orgname"),
            integration: canary("integration"),
            repository: canary("repository"),
            open: canary("open"),
            file: canary("file"),
            task: canary("task"),
            list: canary("list"),
            team_name: canary("teamname"),
            member: canary("member"),
            imported: canary("imported"),
            mail: canary("mail"),
            team: canary("teamtext"),
            team_list: canary("teamlist"),
            team_task: canary("teamtask"),
            hidden: canary("hidden"),
            hidden_ask: canary("hiddenask"),
            hidden_file: canary("hiddenfile"),
        }
    }

    /// Those that every member of the organization may read and no guest.
    pub fn of_members(&self) -> Vec<&str> {
        let said = [&self.integration, &self.repository, &self.open, &self.file, &self.imported];
        let kept = [&self.task, &self.list, &self.team_name, &self.member];
        said.into_iter().chain(kept).map(String::as_str).collect()
    }

    /// Those that only some members may read.
    pub fn of_a_few(&self) -> Vec<&str> {
        let of_team = [&self.team, &self.team_list, &self.team_task];
        let hidden = [&self.hidden, &self.hidden_ask, &self.hidden_file];
        of_team.into_iter().chain(hidden).map(String::as_str).collect()
    }

    pub fn all(&self) -> Vec<&str> {
        let rest = [self.organization.as_str(), self.mail.as_str()];
        self.of_members().into_iter().chain(self.of_a_few()).chain(rest).collect()
    }
}

/// The scene.
pub struct Scene<'a> {
    pub words: Words,
    pub owner: Caller<'a>,
    /// In the team, and in the private channel by an account that was mapped to her.
    pub insider: Caller<'a>,
    /// A member like any other: in no team, in no private channel.
    pub outsider: Caller<'a>,
    pub guest: Caller<'a>,
    /// The owner of the other organization.
    pub rival: Caller<'a>,
    pub github: Connection,
    pub slack: Connection,
    pub team_id: String,
}

impl<'a> Scene<'a> {
    pub fn set(house: &'a House) -> Self {
        let words = Words::new();
        let mail = |who: &str| format!("{who}.{}@acme.example", words.mail);
        let owner = house.organization(&words.organization, &mail("owner"));
        let rival = house.organization("Rival", &format!("owner.{}@rival.example", canary("rival")));
        let team = owner.post("/api/v1/teams", &json!({"name": words.team_name})).expect(201);
        let team_id = team["id"].as_str().unwrap().to_owned();
        let insider = owner.invite(&mail("insider"), &words.member, "member", &[&team_id]);
        let outsider = owner.invite(&mail("outsider"), "Outsider", "member", &[]);
        let guest = owner.invite(&mail("guest"), "Guest", "guest", &[]);
        let repository = format!("acme/{}", words.repository);
        let github = Connection::make(&owner, "github", &words.integration, &[(&repository, "org")]);
        let of_team = format!("team:{team_id}");
        let sources = [(OPEN, "org"), (OF_TEAM, of_team.as_str()), (HIDDEN, "source")];
        let slack = Connection::make(&owner, "slack", "Slack", &sources);
        let scene = Self { words, owner, insider, outsider, guest, rival, github, slack, team_id };
        scene.speak(house, &repository);
        scene.work();
        scene.own_of_the_rival(house);
        scene.settle();
        scene
    }

    /// Fills the sources.
    fn speak(&self, house: &House, repository: &str) {
        let words = &self.words;
        let said = |channel: &str, user: &str, text: String| {
            self.slack.slack(house, &slack_message(channel, user, &text, &slack_ts()));
        };
        let shared = |channel: &str, name: &str| {
            let mut event = slack_message(channel, "U1", "here it is", &slack_ts());
            event["subtype"] = json!("file_share");
            event["files"] = json!([{"id": format!("F{}", name.to_uppercase()), "name": format!("{name}.pdf"),
                "mimetype": "application/pdf", "size": 12, "permalink": "https://acme.slack.example/f"}]);
            self.slack.slack(house, &event);
        };
        said(OPEN, "U1", format!("{} can you send me the report by Friday? <@U2>", words.open));
        shared(OPEN, &words.file);
        said(OF_TEAM, "U2", format!("{} for the team alone", words.team));
        let profile = json!({"type": "user_change", "event_ts": slack_ts(), "user": {"id": "U1", "team_id": "T0ACME",
            "name": "ina", "real_name": "Ina Insider", "is_bot": false, "updated": 1_700_000_000,
            "profile": {"real_name": "Ina Insider", "display_name": "ina"}}});
        self.slack.slack(house, &profile);
        let joined = json!({"type": "member_joined_channel", "user": "U1", "channel": HIDDEN, "channel_type": "G",
            "team": "T0ACME", "event_ts": slack_ts()});
        self.slack.slack(house, &joined);
        said(HIDDEN, "U1", format!("{} between these walls", words.hidden));
        said(HIDDEN, "U1", format!("{}: can you send me the secret plan by Friday? <@U2>", words.hidden_ask));
        shared(HIDDEN, &words.hidden_file);
        let issue = json!({"issue": github_issue(repository, 1, &format!("Mend {}", words.open), "open")});
        let opened = github_delivery(repository, "opened", issue);
        assert_eq!(self.github.github(house, "issues", &opened).status, 202);
    }

    /// Lists and tasks of the organization and of the team, a mailbox, and whose account is whose.
    fn work(&self) {
        let words = &self.words;
        let made = |caller: &Caller<'_>, list: Value, task: &str| {
            let list = caller.post("/api/v1/lists", &list).expect(201);
            caller.post("/api/v1/tasks", &json!({"title": task, "list_id": list["id"]})).expect(201);
        };
        made(&self.owner, json!({"name": words.list}), &words.task);
        let of_team = json!({"name": words.team_list, "visibility": format!("team:{}", self.team_id)});
        made(&self.insider, of_team, &words.team_task);
        let account = eventually("the Slack account", || {
            let known = self.owner.items("/api/v1/identities?limit=100");
            known.into_iter().find(|account| account.to_string().contains("Ina"))
        });
        let path = format!("/api/v1/identities/{}", account["account_id"].as_str().unwrap());
        self.owner.with("PUT", &path, &json!({"member_id": self.insider.member})).expect(200);
        self.owner.with("PATCH", "/api/v1/org/suggestions", &json!({"auto": 1.0})).expect(200);
        self.import();
    }

    /// The rival has things of the same shape, so that nothing is empty for want of trying.
    fn own_of_the_rival(&self, house: &House) {
        let slack = Connection::make(&self.rival, "slack", "Slack", &[(OPEN, "org"), (HIDDEN, "source")]);
        for channel in [OPEN, HIDDEN] {
            slack.slack(house, &slack_message(channel, "U1", "ours alone", &slack_ts()));
        }
        self.rival.post("/api/v1/tasks", &json!({"title": "our own"})).expect(201);
        eventually("the rival's own message", || self.rival.search("ours").pop());
    }

    /// Waits until everything is where it belongs.
    fn settle(&self) {
        let words = &self.words;
        for word in [&words.hidden, &words.hidden_ask, &words.hidden_file, &words.team, &words.team_task] {
            eventually("the insider finds it", || self.insider.search(word).pop());
        }
        for word in [&words.open, &words.file, &words.task, &words.imported] {
            eventually("every member finds it", || self.outsider.search(word).pop());
        }
        eventually("an issue and a message", || (self.outsider.search(&words.open).len() == 2).then_some(()));
        eventually("a suggestion", || self.owner.items("/api/v1/suggestions").pop());
        eventually("a hidden suggestion", || suggestion_about(&self.insider, "secret plan"));
        for word in [&words.open, &words.hidden] {
            eventually("its story", || story_with(&self.insider, word));
        }
    }

    /// Brings a mailbox in.
    pub fn import(&self) -> Value {
        let (kind, body) = mailbox(&self.words.imported);
        self.owner.call("POST", "/api/v1/imports", Some((&kind, &body))).expect(202)
    }
}

/// An open suggestion whose quote has these words.
pub fn suggestion_about(caller: &Caller<'_>, words: &str) -> Option<Value> {
    let open = caller.items("/api/v1/suggestions?limit=100");
    open.into_iter().find(|one| one["quote"].as_str().is_some_and(|quote| quote.contains(words)))
}

/// The story that says a word.
pub fn story_with(caller: &Caller<'_>, word: &str) -> Option<Value> {
    let stories = caller.items("/api/v1/feed?scope=org&limit=100");
    stories.into_iter().find(|story| story.to_string().contains(word))
}

/// The form with a mailbox of one mail.
pub fn mailbox(word: &str) -> (String, Vec<u8>) {
    let mail = format!(
        "From ann@mail.example Mon Nov 23 09:00:00 2026\r\nFrom: Ann <ann@mail.example>\r\nTo: team@mail.example\r\n\
         Subject: Notes {word}\r\nMessage-ID: <{word}@mail.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n\r\n\
         The notes are here.\r\n"
    );
    let part = |name: &str, value: &str| {
        format!("--oz-form\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}{}--oz-form\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mbox\"\r\n\
         Content-Type: application/mbox\r\n\r\n{mail}\r\n--oz-form--\r\n",
        part("kind", "mbox"),
        part("scope", "notes"),
        part("visibility", "org"),
    );
    ("multipart/form-data; boundary=oz-form".to_owned(), body.into_bytes())
}
