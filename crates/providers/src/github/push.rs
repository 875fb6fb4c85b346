//! Commits, branches and tags, comments on commits, and wiki pages.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told, told_or_unsupported};
use super::payload::{Comment, is_bot_login, login_key, or_default};
use crate::model::{Fact, ItemKind, Person, ReadError, Reading, ThingKind, Verb};

/// GitHub's limit for the commits in one delivery.
const MOST_COMMITS: usize = 2048;
/// More wiki pages than one commit of a wiki plausibly changes.
const MOST_PAGES: usize = 2048;

#[derive(Deserialize)]
struct PushDelivery {
    after: String,
    compare: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    deleted: bool,
    #[serde(default, deserialize_with = "or_default")]
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
    message: String,
    timestamp: DateTime<Utc>,
    url: Option<String>,
    distinct: Option<bool>,
    author: Option<Author>,
}

#[derive(Deserialize)]
struct Author {
    name: Option<String>,
    email: Option<String>,
    username: Option<String>,
}

/// One activity per commit that no earlier push told of. They share the thing of the newest: itself, or the pull
/// request that it merges.
pub(super) fn push(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let push = cx.parse::<PushDelivery>("push")?;
    if push.deleted {
        return Ok(Reading::Skipped("covered_by_delete"));
    }
    if push.commits.len() > MOST_COMMITS {
        return Err(ReadError::TooLarge { what: "commits" });
    }
    let head = commit_key(&push.after).ok_or(ReadError::Malformed { field: "after" })?;
    let told: Vec<Commit> =
        push.commits.into_iter().filter(|commit| commit.distinct != Some(false)).collect();
    let Some(newest) = told.last() else { return Ok(Reading::Skipped("no_content")) };
    let (subject, _) = split_message(&newest.message);
    let (thing, subject) = match merged_pull(subject) {
        Some(number) => ((ThingKind::ChangeRequest, format!("pull:{number}")), None),
        None => ((ThingKind::Commit, head), Some(subject.to_owned())),
    };
    let pushed_at = cx.repository().and_then(|repository| repository.pushed_at);
    let mut facts = Vec::with_capacity(told.len());
    for commit in told {
        let item = commit_key(&commit.id).ok_or(ReadError::Malformed { field: "commits.id" })?;
        let at = pushed_at.unwrap_or(commit.timestamp);
        let mut activity = cx.activity(thing.clone(), (ItemKind::Change, item), Verb::Created, at);
        let (title, text) = split_message(&commit.message);
        activity.title = title.to_owned();
        activity.text = text.to_owned();
        activity.version = commit.timestamp;
        activity.thing_title.clone_from(&subject);
        activity.thing_url = push.compare.clone().filter(|_| subject.is_some());
        activity.url = commit.url;
        activity.actor = commit.author.and_then(|author| author.person(cx.sender())).or(activity.actor);
        facts.push(Fact::Activity(Box::new(activity)));
    }
    Ok(Reading::Facts(facts))
}

impl Author {
    /// The sender if it is the author; else whom the commit claims, unverified.
    fn person(self, sender: Option<Person>) -> Option<Person> {
        let username = self.username.filter(|name| !name.is_empty());
        if let (Some(username), Some(sender)) = (&username, sender)
            && sender.handle.as_deref().is_some_and(|handle| handle.eq_ignore_ascii_case(username))
        {
            return Some(Person { name: self.name, ..sender });
        }
        let email = self.email.filter(|email| !email.is_empty());
        let key = match (&username, &email) {
            (Some(username), _) => login_key(username),
            (None, Some(email)) => format!("mail:{}", email.to_ascii_lowercase()),
            (None, None) => return None,
        };
        let bot = [&username, &self.name].into_iter().flatten().any(|name| is_bot_login(name));
        Some(Person { key, name: self.name, handle: username, email, email_verified: false, bot })
    }
}

/// `commit:<hash>`, for SHA-1 and SHA-256 repositories.
pub(super) fn commit_key(hash: &str) -> Option<String> {
    let believable = (40..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    believable.then(|| format!("commit:{}", hash.to_ascii_lowercase()))
}

/// Subject and body of a commit message.
pub(super) fn split_message(message: &str) -> (&str, &str) {
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    (subject.trim_end(), body.trim())
}

/// The number in the subject that GitHub gives a merge commit.
fn merged_pull(subject: &str) -> Option<u64> {
    let (number, _) = subject.strip_prefix("Merge pull request #")?.split_once(" from ")?;
    number.parse().ok()
}

#[derive(Deserialize)]
struct ReferenceDelivery {
    #[serde(rename = "ref")]
    name: String,
    ref_type: String,
}

/// A branch or tag came or went. The delivery has no time but the repository's.
pub(super) fn reference(cx: &Context<'_>, deleted: bool) -> Result<Reading, ReadError> {
    let reference = cx.parse::<ReferenceDelivery>("ref")?;
    let kind = match reference.ref_type.as_str() {
        "branch" => "branch",
        "tag" => "tag",
        _ => return Ok(Reading::Skipped("no_content")),
    };
    if reference.name.is_empty() {
        return Err(ReadError::Malformed { field: "ref" });
    }
    let key = format!("{kind}:{}", reference.name);
    let verb = if deleted { Verb::Deleted } else { Verb::Created };
    let mut activity =
        cx.activity((ThingKind::Event, key.clone()), (ItemKind::Event, key), verb, cx.repository_time()?);
    activity.thing_title = Some(reference.name.clone());
    activity.title = reference.name;
    Ok(told(activity))
}

#[derive(Deserialize)]
struct CommentDelivery {
    comment: Comment,
}

pub(super) fn comment(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let comment = cx.parse::<CommentDelivery>("comment")?.comment;
    let commit = comment.commit_id.as_deref().and_then(commit_key);
    let commit = commit.ok_or(ReadError::Malformed { field: "comment.commit_id" })?;
    let activity = cx.comment((ThingKind::Commit, commit.clone()), "commit-comment", comment);
    Ok(told_or_unsupported(activity.map(|mut activity| {
        activity.reply_to = Some(commit);
        activity
    })))
}

#[derive(Deserialize)]
struct PagesDelivery {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    page_name: String,
    title: Option<String>,
    summary: Option<String>,
    action: String,
    html_url: Option<String>,
}

/// Wiki pages: their names and edit summaries; the text itself is not in the delivery.
pub(super) fn pages(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let pages = cx.parse::<PagesDelivery>("pages")?.pages;
    if pages.len() > MOST_PAGES {
        return Err(ReadError::TooLarge { what: "pages" });
    }
    let at = cx.repository_time()?;
    let mut facts = Vec::with_capacity(pages.len());
    for page in pages {
        if page.page_name.is_empty() {
            return Err(ReadError::Malformed { field: "pages.page_name" });
        }
        let verb = if page.action == "created" { Verb::Created } else { Verb::Edited };
        let key = format!("page:{}", page.page_name);
        let mut activity = cx.activity((ThingKind::File, key.clone()), (ItemKind::File, key), verb, at);
        activity.title = page.title.unwrap_or(page.page_name);
        activity.text = page.summary.unwrap_or_default();
        activity.thing_title = Some(activity.title.clone());
        activity.thing_url.clone_from(&page.html_url);
        activity.url = page.html_url;
        facts.push(Fact::Activity(Box::new(activity)));
    }
    Ok(if facts.is_empty() { Reading::Skipped("no_content") } else { Reading::Facts(facts) })
}
