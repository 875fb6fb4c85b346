//! Deliveries that flow: each with a word of its own, sent until it is accepted, as providers do, and now and then once more.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    house::{Caller, House, now_us},
    signed::{Connection, github_delivery, github_issue, github_user, slack_envelope, slack_message},
};

pub const REPOSITORY: &str = "acme/shop";
const CHANNEL: &str = "C0FLOWS01";
/// People behind each provider's deliveries: more than the cohort floor, so that figures are shown.
pub const PEOPLE: u64 = 6;
/// Deliveries of one sender between two pauses.
const BURST: u64 = 4;

/// What a delivery is about. A sender's numbers go round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An issue that was opened.
    Issue,
    /// A comment on the issue before it.
    Comment,
    /// A message that asks for something.
    Ask,
    /// A message that does not.
    Message,
}

/// What was accepted: its word, and that of the issue it belongs to.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub kind: Kind,
    pub word: String,
    pub of: String,
}

/// An organization, its connections and what was accepted from them.
pub struct Flow<'a> {
    house: &'a House,
    pub github: Connection,
    pub slack: Connection,
    /// When all of it happened by the provider's word, microseconds: one day, so that figures are of that day.
    pub at_us: i64,
    pub stop: AtomicBool,
    /// The run has failed: nothing is waited for any more.
    pub failed: AtomicBool,
    sent: AtomicU64,
    accepted: Mutex<Vec<Accepted>>,
    refused: Mutex<BTreeMap<u16, u64>>,
}

struct Delivery {
    about: Accepted,
    event: &'static str,
    id: String,
    body: Vec<u8>,
}

impl<'a> Flow<'a> {
    pub fn open(house: &'a House, owner: &Caller<'_>) -> Self {
        Self {
            house,
            github: Connection::make(owner, "github", "GitHub", &[(REPOSITORY, "org")]),
            slack: Connection::make(owner, "slack", "Slack", &[(CHANNEL, "org")]),
            at_us: now_us() - 600_000_000,
            stop: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            accepted: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// Sends until told to stop; every delivery until it is accepted.
    pub fn run(&self, sender: u64) {
        for step in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let delivery = self.delivery(sender, step);
            while !self.send(&delivery) {
                if self.failed.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(40));
            }
            if step % 5 == 4 {
                // The provider did not hear the answer.
                let _again = self.send(&delivery);
            }
            self.accepted.lock().unwrap().push(delivery.about);
            if step % BURST == 0 {
                std::thread::sleep(Duration::from_millis(450 + 70 * sender));
            }
        }
    }

    pub fn accepted(&self) -> Vec<Accepted> {
        self.accepted.lock().unwrap().clone()
    }

    /// How many were accepted.
    pub fn count(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    /// How often what was sent was not accepted, by status; 0: no answer.
    pub fn refused(&self) -> BTreeMap<u16, u64> {
        self.refused.lock().unwrap().clone()
    }

    /// Attempts, repeats among them.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn send(&self, delivery: &Delivery) -> bool {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let answer = match delivery.about.kind {
            Kind::Issue | Kind::Comment => {
                self.github.github_as(self.house, delivery.event, &delivery.id, &delivery.body)
            }
            Kind::Ask | Kind::Message => self.slack.slack_at(self.house, &delivery.body, 0),
        };
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        if status == 202 {
            return true;
        }
        let told = answer.map(|answer| answer.text()).unwrap_or_default();
        // Only what asks for another attempt: a provider gives up after a plain no.
        assert!(matches!(status, 0 | 502..=504), "{status}: {told}");
        *self.refused.lock().unwrap().entry(status).or_default() += 1;
        false
    }

    fn delivery(&self, sender: u64, step: u64) -> Delivery {
        let number = sender * 1_000_000 + step;
        let word = word(number);
        let (kind, of) = match step % 4 {
            0 => (Kind::Issue, word.clone()),
            1 => (Kind::Comment, self::word(number - 1)),
            2 => (Kind::Ask, word.clone()),
            _ => (Kind::Message, word.clone()),
        };
        let (event, body) = match kind {
            Kind::Issue => ("issues", self.of_github("opened", number, &of, None)),
            Kind::Comment => ("issue_comment", self.of_github("created", number - 1, &of, Some(&word))),
            Kind::Ask => {
                ("", self.of_slack(sender, step, &format!("<@U2> Can you send me the {word} by Friday?")))
            }
            Kind::Message => ("", self.of_slack(sender, step, &format!("The {word} was a delight."))),
        };
        Delivery { about: Accepted { kind, word, of }, event, id: format!("crash-{number}"), body }
    }

    /// An issue, or a comment on one. Who writes changes from issue to issue.
    fn of_github(&self, action: &str, number: u64, title: &str, comment: Option<&str>) -> Vec<u8> {
        let who = |more: u64| {
            let id = 1 + (number / 4 + more) % PEOPLE;
            github_user(id, &format!("dev-{id}"))
        };
        let at = clock::from_micros(self.at_us).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut issue = github_issue(REPOSITORY, number, title, "open");
        (issue["user"], issue["created_at"], issue["updated_at"]) = (who(0), json!(at), json!(at));
        let mut parts = json!({"issue": issue, "sender": who(u64::from(comment.is_some()))});
        if let Some(text) = comment {
            parts["comment"] = json!({"id": number, "body": text, "user": who(1), "created_at": at, "updated_at": at,
                "html_url": format!("https://github.com/{REPOSITORY}/issues/{number}#issuecomment-{number}")});
        }
        github_delivery(REPOSITORY, action, parts)
    }

    fn of_slack(&self, sender: u64, step: u64, text: &str) -> Vec<u8> {
        let second = self.at_us / 1_000_000 + i64::try_from(sender).unwrap();
        let event: Value =
            slack_message(CHANNEL, &format!("U{}", step / 4 % PEOPLE), text, &format!("{second}.{step:06}"));
        slack_envelope(&event).into_bytes()
    }
}

/// A number as one word, of letters alone.
fn word(mut number: u64) -> String {
    let mut word = String::from("crash");
    for _ in 0..6 {
        word.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
    }
    word
}

/// All words of the flow that stand in a text, in their order.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("crash").filter_map(|(at, _)| text.get(at..at + 11))
}
