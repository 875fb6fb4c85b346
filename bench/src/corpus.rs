//! Made-up mails and GitHub deliveries, the same for the same number: words by Zipf's law, shapes as documented.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// Different words in all.
const VOCABULARY: u64 = 20_000;
/// Words of one mail, on average.
const WORDS: u64 = 60;
/// People who write in one organization.
const PEOPLE: u64 = 100;
/// Seconds between two mails.
const PACE: i64 = 20;

/// A small deterministic generator (splitmix64, Steele et al. 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `sides`, which is not 0.
    pub const fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }

    /// A word: the rank's logarithm is spread evenly, which is Zipf's law with exponent 1.
    pub fn word(&mut self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a place between 0 and 1 needs no more than 53 bits")]
        let place = (self.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank is positive and below the vocabulary's size"
        )]
        let rank = ((VOCABULARY as f64).powf(place) as u64).min(VOCABULARY - 1);
        spelled(rank)
    }

    /// So many words.
    pub fn words(&mut self, count: u64) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// The word of a rank: syllables, so that it looks like one and no two are alike.
fn spelled(rank: u64) -> String {
    const ONSETS: [&str; 16] =
        ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "st"];
    const CORES: [&str; 5] = ["a", "e", "i", "o", "u"];
    let mut word = String::new();
    // Mixed by an odd factor, so that neighbours in rank do not look alike.
    let mut rest = (rank * 48_271 + 7) % 512_000 + 6_400;
    while rest > 0 {
        let syllable = usize::try_from(rest % 80).unwrap_or(0);
        word.push_str(ONSETS.get(syllable / 5).unwrap_or(&"b"));
        word.push_str(CORES.get(syllable % 5).unwrap_or(&"a"));
        rest /= 80;
    }
    word.push('k');
    word
}

/// One mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its number in the mailbox.
    pub number: u64,
    /// Heading.
    pub subject: String,
    /// Text.
    pub text: String,
    /// Who wrote it.
    pub author: u64,
    /// The number of the mail it answers.
    pub answers: Option<u64>,
    /// Seconds since the epoch.
    pub at: i64,
}

/// The mail of a number in the mailbox of a seed; the newest is written at `until`.
#[must_use]
pub fn mail(seed: u64, number: u64, count: u64, until: i64) -> Mail {
    let mut dice = Dice::new(seed << 32 | number);
    let answers = (number > 0 && dice.below(4) == 0).then(|| number - 1 - dice.below(number.min(20)));
    let topic = answers.unwrap_or(number);
    let subject = Dice::new(seed << 32 | topic | 1 << 31).words(5);
    let first = WORDS / 2 + dice.below(WORDS / 2);
    let mut text = dice.words(first);
    if dice.below(20) == 0 {
        let _infallible = write!(text, ".\nCould you send the {} report by Friday?\n", dice.word());
    }
    let _infallible = write!(text, ".\n{}.", dice.words(WORDS / 4));
    let back = i64::try_from(count - number).unwrap_or(i64::MAX / PACE) * PACE;
    Mail { number, subject, text, author: dice.below(PEOPLE), answers, at: until - back }
}

impl Mail {
    /// As it stands in a mailbox (RFC 4155, RFC 5322).
    #[must_use]
    pub fn to_mbox(&self, seed: u64) -> String {
        let date = clock::from_micros(self.at * 1_000_000);
        let (author, seed_host) = (self.author, format!("o{seed}.example"));
        let subject =
            if self.answers.is_some() { format!("Re: {}", self.subject) } else { self.subject.clone() };
        let parent = self
            .answers
            .map(|parent| {
                format!("In-Reply-To: <m{parent}@{seed_host}>\nReferences: <m{parent}@{seed_host}>\n")
            })
            .unwrap_or_default();
        format!(
            "From p{author}@{seed_host} {}\nFrom: Person {author} <p{author}@{seed_host}>\nTo: team@{seed_host}\n\
             Date: {}\nSubject: {subject}\nMessage-ID: <m{}@{seed_host}>\n{parent}Content-Type: text/plain\n\n{}\n\n",
            date.format("%a %b %e %H:%M:%S %Y"),
            date.format("%a, %d %b %Y %H:%M:%S +0000"),
            self.number,
            self.text
        )
    }
}

/// One delivery of GitHub: event name and body, 1–2 KiB.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `X-GitHub-Event`.
    pub event: &'static str,
    /// The bytes that are signed.
    pub body: Vec<u8>,
}

/// A delivery about a repository at a time. Two in five are comments, the others issues, pull requests and pushes.
/// Shapes follow GitHub's "Webhook events and payloads", without the fields of addresses that no reader takes.
#[must_use]
pub fn delivery(repository: &str, serial: u64, at: i64) -> Delivery {
    let mut dice = Dice::new(serial);
    let when = clock::from_micros(at * 1_000_000).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let number = serial / 5 + 1;
    // The text of a push stands in it twice.
    let words = if serial % 5 == 2 { 18 + dice.below(12) } else { 28 + dice.below(40) };
    let (title, text) = (dice.words(6), dice.words(words));
    let (event, action, parts) = match serial % 5 {
        0 => ("issues", "opened", json!({"issue": issue(repository, number, &title, &text, &when)})),
        1 => {
            let (pull, branch) = (issue(repository, 5_000_000 + number, &title, &text, &when), dice.word());
            (
                "pull_request",
                "opened",
                json!({"number": 5_000_000 + number, "pull_request": as_pull(pull, &branch)}),
            )
        }
        2 => ("push", "", push(repository, &mut dice, &text, &when)),
        _ => {
            let about =
                issue(repository, number.saturating_sub(dice.below(50).min(number - 1)), &title, "", &when);
            let comment = json!({"id": 70_000_000_000 + serial, "user": user(dice.below(PEOPLE)), "body": text,
                "html_url": format!("https://github.com/{repository}/issues/{number}#issuecomment-{serial}"),
                "created_at": when, "updated_at": when, "author_association": "MEMBER"});
            ("issue_comment", "created", json!({"issue": about, "comment": comment}))
        }
    };
    Delivery { event, body: envelope(repository, action, parts, dice.below(PEOPLE)) }
}

/// An issue opened with a given title, for finding it again.
#[must_use]
pub fn titled(repository: &str, serial: u64, title: &str, at: i64) -> Delivery {
    let when = clock::from_micros(at * 1_000_000).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut dice = Dice::new(serial);
    let parts = json!({"issue": issue(repository, serial, title, &dice.words(60), &when)});
    Delivery { event: "issues", body: envelope(repository, "opened", parts, dice.below(PEOPLE)) }
}

fn user(number: u64) -> Value {
    let login = format!("dev-{number}");
    json!({"login": login, "id": 1000 + number, "type": "User", "site_admin": false,
        "html_url": format!("https://github.com/{login}")})
}

fn issue(repository: &str, number: u64, title: &str, text: &str, when: &str) -> Value {
    json!({"id": 9_000_000_000_u64 + number, "number": number, "title": title, "body": text, "state": "open",
        "state_reason": null, "user": user(number % PEOPLE), "labels": [{"id": 3, "name": "bug", "color": "d73a4a"}],
        "assignees": [], "comments": 2, "created_at": when, "updated_at": when, "closed_at": null, "locked": false,
        "html_url": format!("https://github.com/{repository}/issues/{number}")})
}

fn as_pull(mut pull: Value, branch: &str) -> Value {
    pull["head"] = json!({"ref": branch, "sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e"});
    pull["base"] = json!({"ref": "main", "sha": "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"});
    for (field, value) in [("draft", json!(false)), ("merged", json!(false)), ("merged_at", Value::Null)] {
        pull[field] = value;
    }
    pull
}

fn push(repository: &str, dice: &mut Dice, text: &str, when: &str) -> Value {
    let sha = format!("{:016x}{:016x}{:08x}", dice.roll(), dice.roll(), dice.below(1 << 32));
    let commit = json!({"id": sha, "message": text, "timestamp": when, "distinct": true,
        "url": format!("https://github.com/{repository}/commit/{sha}"),
        "author": {"name": "Dev", "email": "dev@o.example", "username": "dev-1"},
        "committer": {"name": "Dev", "email": "dev@o.example", "username": "dev-1"},
        "added": [], "removed": [], "modified": ["src/lib.rs"]});
    json!({"ref": "refs/heads/main", "before": "0f6b1d2c3a4e5f60718293a4b5c6d7e8f9012345", "after": sha,
        "created": false, "deleted": false, "forced": false, "compare": "", "commits": [commit.clone()],
        "head_commit": commit, "pusher": {"name": "dev-1", "email": "dev@o.example"}})
}

fn envelope(repository: &str, action: &str, parts: Value, sender: u64) -> Vec<u8> {
    let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
    let mut body = json!({"sender": user(sender), "repository": {"id": 4211, "name": name, "full_name": repository,
        "private": false, "owner": {"login": owner, "id": 77, "type": "Organization"},
        "html_url": format!("https://github.com/{repository}"), "default_branch": "main"}});
    if !action.is_empty() {
        body["action"] = json!(action);
    }
    if let Value::Object(parts) = parts {
        for (key, part) in parts {
            body[key] = part;
        }
    }
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_words_are_alike() {
        assert_eq!((0..VOCABULARY).map(spelled).collect::<HashSet<_>>().len() as u64, VOCABULARY);
    }

    #[test]
    fn every_delivery_has_one_to_two_kibibytes() {
        let sizes = (0..5_000).map(|serial| delivery("acme/rocket", serial, 0).body.len());
        let (least, most) =
            sizes.fold((usize::MAX, 0), |(least, most), size| (least.min(size), most.max(size)));
        assert!(least >= 1024 && most <= 2048, "{least} to {most}");
    }

    #[test]
    fn the_same_number_is_the_same_mail() {
        assert_eq!(mail(1, 7, 100, 0).to_mbox(1), mail(1, 7, 100, 0).to_mbox(1));
        assert_ne!(mail(1, 7, 100, 0).text, mail(2, 7, 100, 0).text);
    }
}
