//! Kill -9 while deliveries flow: whatever was answered 202 has exactly one effect, everywhere.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    house::{Caller, House, eventually, now_us, serial},
    signed::{Connection, github_delivery, github_issue, slack_envelope, slack_message, slack_ts},
};

const REPOSITORY: &str = "acme/shop";

/// A delivery, sent until it is answered, as a provider does, and once more now and then.
enum Delivery {
    Issue { id: String, body: Vec<u8> },
    Message { body: String },
}

struct Scene<'a> {
    house: &'a House,
    github: Connection,
    slack: Connection,
    stop: AtomicBool,
    /// The word of each accepted delivery.
    accepted: Mutex<Vec<String>>,
}

impl Scene<'_> {
    fn deliver(&self, delivery: &Delivery) -> bool {
        let answer = match delivery {
            Delivery::Issue { id, body } => self.github.github_as(self.house, "issues", id, body),
            Delivery::Message { body } => self.slack.slack_at(self.house, body.as_bytes(), 0),
        };
        match answer {
            Ok(answer) if answer.status == 202 => true,
            Ok(answer) => {
                assert!(matches!(answer.status, 502..=504), "{}: {}", answer.status, answer.text());
                false
            }
            Err(_) => false,
        }
    }

    /// Sends until told to stop; every delivery until it is accepted.
    fn flow(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let number = serial();
            let word = format!("crash{}", letters(number));
            let delivery = if number.is_multiple_of(2) {
                let issue = github_issue(REPOSITORY, number, &word, "open");
                let body = github_delivery(REPOSITORY, "opened", json!({"issue": issue}));
                Delivery::Issue { id: format!("crash-{}-{number}", now_us()), body }
            } else {
                let message = slack_message("C0FLOWS01", &format!("U{}", number % 9), &word, &slack_ts());
                Delivery::Message { body: slack_envelope(&message) }
            };
            while !self.deliver(&delivery) {
                std::thread::sleep(Duration::from_millis(50));
            }
            if number.is_multiple_of(5) {
                // The provider did not hear the answer.
                let _again = self.deliver(&delivery);
            }
            self.accepted.lock().unwrap().push(word);
        }
    }
}

/// A number as letters, so that it is one word.
fn letters(mut number: u64) -> String {
    let mut text = String::new();
    for _ in 0..6 {
        text.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
    }
    text
}

/// Everything below a path, page by page.
fn everything(caller: &Caller<'_>, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}limit=100{cursor}")).expect(200);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", crate::http::query(next)),
            None => return items,
        }
    }
}

fn count(items: &[Value], words: &[String]) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = words.iter().map(|word| (word.clone(), 0)).collect();
    for item in items {
        let text = item.to_string();
        for (at, _) in text.match_indices("crash") {
            if let Some(count) = text.get(at..at + 11).and_then(|word| counts.get_mut(word)) {
                *count += 1;
                break;
            }
        }
    }
    counts
}

fn run(rounds: u64) {
    let house = House::open();
    let owner = house.organization("Acme", "owner@crash.example");
    let scene = Scene {
        house: &house,
        github: Connection::make(&owner, "github", "GitHub", &[(REPOSITORY, "org")]),
        slack: Connection::make(&owner, "slack", "Slack", &[("C0FLOWS01", "org")]),
        stop: AtomicBool::new(false),
        accepted: Mutex::default(),
    };
    let mut random = std::env::var("OZ_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    let random = random.get_or_insert_with(|| now_us().unsigned_abs());
    println!("{rounds} rounds, OZ_CRASH_SEED={random}");
    std::thread::scope(|scope| {
        let flow = scope.spawn(|| scene.flow());
        for round in 0..rounds {
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_millis(*random >> 33 & 0x5ff));
            house.kill();
            house.start();
            println!("round {round}: {} accepted", scene.accepted.lock().unwrap().len());
        }
        std::thread::sleep(Duration::from_millis(500));
        scene.stop.store(true, Ordering::Relaxed);
        flow.join().unwrap();
    });
    let words = scene.accepted.lock().unwrap().clone();
    assert!(words.len() as u64 > rounds, "deliveries flowed");
    every_effect_once(&owner, &scene, &words);
}

fn every_effect_once(owner: &Caller<'_>, scene: &Scene<'_>, words: &[String]) {
    for connection in [&scene.github, &scene.slack] {
        eventually("nothing is pending", || {
            let told = owner.get(&format!("/api/v1/integrations/{}/coverage", connection.id)).expect(200);
            assert_eq!(told["failed"], 0, "{told}");
            (told["pending"] == 0).then_some(())
        });
    }
    let issues: Vec<String> = words.iter().filter(|word| is_issue(word)).cloned().collect();
    for (what, path, words) in
        [("stories", "/api/v1/feed?scope=org&", words), ("tasks", "/api/v1/tasks?", issues.as_slice())]
    {
        let mut last = Vec::new();
        let settled = (0..300).any(|_| {
            let counts = count(&everything(owner, path), words);
            last = counts.into_iter().filter(|(_, count)| *count != 1).collect();
            if !last.is_empty() {
                std::thread::sleep(Duration::from_millis(200));
            }
            last.is_empty()
        });
        assert!(settled, "{what}: not exactly one of each: {last:?}");
    }
    for word in words {
        let hits = eventually(word, || Some(owner.search(word)).filter(|hits| !hits.is_empty()));
        assert_eq!(hits.len(), 1, "{word}: {hits:?}");
    }
}

fn is_issue(word: &str) -> bool {
    // The lowest digit in base 26 has the number's parity.
    word.as_bytes()["crash".len()].wrapping_sub(b'a').is_multiple_of(2)
}

#[test]
fn what_was_accepted_has_one_effect_after_a_few_crashes() {
    run(3);
}

#[test]
#[ignore = "takes long; `make crash` runs it"]
fn crash_long() {
    let rounds = std::env::var("OZ_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    run(rounds.unwrap_or(200));
}
