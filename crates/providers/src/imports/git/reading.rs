//! What one commit says.

use chrono::{DateTime, TimeDelta, Utc};

use super::Commit;
use crate::imports::{LONGEST_TEXT, LONGEST_TITLE, clipped, instant, mail_address};
use crate::{Activity, Fact, FileRef, ItemKind, Person, ReadError, Reading, State, ThingKind, Verb};

/// Changed paths named in a fact; a commit that touches more is told by its first ones.
const MOST_PATHS: usize = 200;
/// People named by trailers of one commit.
const MOST_PEOPLE: usize = 50;
/// Trailers that name people who took part.
const TRAILERS: [&str; 2] = ["co-authored-by", "signed-off-by"];

pub(in crate::imports) fn read(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let commit = Commit::parse(body).ok_or(ReadError::Malformed { field: "commit" })?;
    let Some((occurred_at, version)) = times(&commit) else {
        return Ok(Reading::Skipped("implausible_time"));
    };
    let message = decode(commit.message);
    let (subject, rest) = message.trim_start().split_once('\n').unwrap_or((message.trim(), ""));
    let actor = person(&decode(commit.author_name), &decode(commit.author_mail));
    let (text, mut mentions) = without_trailers(rest.trim());
    mentions.retain(|mentioned| actor.as_ref().is_none_or(|actor| actor.key != mentioned.key));
    let is_merge = commit.parents.split(|byte| *byte == b' ').filter(|parent| !parent.is_empty()).count() > 1;
    let merged = if is_merge { merged_pull(subject.trim(), &text) } else { None };
    let title = clipped(subject.trim(), LONGEST_TITLE);
    let own = format!("commit:{}", commit.sha);
    let (thing, verb, word) = match &merged {
        Some(pull) => ((ThingKind::ChangeRequest, format!("pull:{}", pull.number)), Verb::Merged, "merged"),
        None => ((ThingKind::Commit, own.clone()), Verb::Created, "committed"),
    };
    let mut activity = Activity::bare(source, thing, (ItemKind::Change, own), verb, occurred_at);
    activity.thing_title = match &merged {
        Some(pull) => pull.title.map(|title| clipped(title, LONGEST_TITLE)),
        None => Some(title.clone()),
    };
    activity.version = version;
    activity.title = title;
    activity.text = clipped(&text, LONGEST_TEXT);
    activity.actor = actor;
    activity.mentions = mentions;
    activity.labels = tags(commit.refs);
    activity.state = Some((State::Done, word.to_owned()));
    activity.files = commit.paths.iter().take(MOST_PATHS).map(|path| file(path)).collect();
    Ok(Reading::Facts(vec![Fact::Activity(Box::new(activity))]))
}

/// When it was written and when it was last rewritten. A clock that is not believed gives way to the other one, and
/// so does an author's clock that runs more than a day ahead of the committer's.
fn times(commit: &Commit<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let read = |token: &[u8]| {
        let seconds: i64 = std::str::from_utf8(token).ok()?.trim().parse().ok()?;
        instant::plausible(seconds, 0)
    };
    match (read(commit.authored), read(commit.committed)) {
        (Some(authored), Some(committed)) if authored <= committed + TimeDelta::days(1) => {
            Some((authored, committed))
        }
        (_, Some(committed)) => Some((committed, committed)),
        (Some(authored), None) => Some((authored, authored)),
        (None, None) => None,
    }
}

struct MergedPull<'text> {
    number: u64,
    title: Option<&'text str>,
}

/// Recognises the merge commits that GitHub, Bitbucket and GitLab write.
fn merged_pull<'text>(subject: &str, text: &'text str) -> Option<MergedPull<'text>> {
    let title = text.lines().map(str::trim).find(|line| !line.is_empty());
    let leading_number = |text: &str| {
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        text.get(..digits)?.parse::<u64>().ok()
    };
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        return leading_number(rest).map(|number| MergedPull { number, title });
    }
    if let Some((_, rest)) =
        subject.split_once("(pull request #").filter(|_| subject.starts_with("Merged in "))
    {
        return leading_number(rest).map(|number| MergedPull { number, title });
    }
    let reference = text.lines().find_map(|line| line.trim().strip_prefix("See merge request "));
    let number = reference?.rsplit_once('!').and_then(|(_, number)| leading_number(number))?;
    Some(MergedPull { number, title: title.filter(|line| !line.starts_with("See merge request ")) })
}

/// The text without the trailers that name people, and those people.
fn without_trailers(text: &str) -> (String, Vec<Person>) {
    let mut people: Vec<Person> = Vec::new();
    let mut kept = Vec::new();
    for line in text.lines() {
        let trailer = line
            .split_once(':')
            .filter(|(name, _)| TRAILERS.contains(&name.trim().to_ascii_lowercase().as_str()));
        let Some(named) = trailer.and_then(|(_, value)| named_person(value)) else {
            kept.push(line.trim_end());
            continue;
        };
        if people.len() < MOST_PEOPLE && !people.iter().any(|known| known.key == named.key) {
            people.push(named);
        }
    }
    (kept.join("\n").trim().to_owned(), people)
}

/// `Name <mail>`.
fn named_person(value: &str) -> Option<Person> {
    let (name, rest) = value.split_once('<')?;
    let address = mail_address(rest.split_once('>').map_or(rest, |(address, _)| address))?;
    person(name, &address)
}

fn person(name: &str, mail: &str) -> Option<Person> {
    let name = Some(clipped(name.trim(), 200)).filter(|name| !name.is_empty());
    let email = mail_address(mail);
    let key = email.clone().or_else(|| name.as_ref().map(|name| format!("name:{}", name.to_lowercase())))?;
    let bot = key.contains("[bot]") || name.as_ref().is_some_and(|name| name.ends_with("[bot]"));
    Some(Person { key, name, handle: None, email, email_verified: false, bot })
}

/// Tags that point at the commit; branches move on, so they are not taken over.
fn tags(refs: &[u8]) -> Vec<String> {
    decode(refs)
        .split(", ")
        .filter_map(|name| name.strip_prefix("tag: "))
        .take(20)
        .map(|tag| clipped(tag, 200))
        .collect()
}

fn file(path: &[u8]) -> FileRef {
    let name = clipped(&decode(path), LONGEST_TITLE);
    FileRef { key: name.clone(), name, media_type: None, size: None, url: None }
}

/// UTF-8 where it is, Latin-1 where it is not: old commits declare no encoding, and no byte is lost this way.
fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text
}
