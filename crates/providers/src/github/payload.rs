//! The parts that many GitHub payloads share, reduced to what Oz reads.

use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::model::{Person, ReadError};

/// Parses a body, or says which part of it is not as documented.
pub(super) fn parse<'de, T: Deserialize<'de>>(body: &'de [u8], field: &'static str) -> Result<T, ReadError> {
    serde_json::from_slice(body).map_err(|_| ReadError::Malformed { field })
}

/// `null` and absent both as the default.
pub(super) fn or_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(input).map(Option::unwrap_or_default)
}

/// What surrounds every payload.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    #[serde(default, deserialize_with = "or_default")]
    pub action: String,
    pub repository: Option<Repository>,
    pub sender: Option<User>,
    changes: Option<SourceChanges>,
    projects_v2_item: Option<ProjectKey>,
}

impl Envelope {
    pub fn parse(body: &[u8]) -> Result<Self, ReadError> {
        parse(body, "body")
    }

    /// The repository's owner and name before this delivery of `repository`, where it changed them.
    pub fn former_name(&self) -> Option<String> {
        let (owner, name) = self.repository.as_ref()?.full_name.split_once('/')?;
        let changes = self.changes.as_ref()?;
        match self.action.as_str() {
            "renamed" => Some(format!("{owner}/{}", changes.repository.as_ref()?.name.as_ref()?.from)),
            "transferred" => {
                let from = &changes.owner.as_ref()?.from;
                let login = from.user.as_ref().or(from.organization.as_ref())?.login.as_ref()?;
                Some(format!("{login}/{name}"))
            }
            _ => None,
        }
    }

    /// The node id of the project that the delivery's item is in.
    pub fn project(&self) -> Option<&str> {
        self.projects_v2_item.as_ref().map(|item| item.project_node_id.as_str())
    }
}

#[derive(Debug, Deserialize)]
struct ProjectKey {
    project_node_id: String,
}

#[derive(Debug, Deserialize)]
struct SourceChanges {
    #[serde(default, deserialize_with = "lenient")]
    repository: Option<RenamedRepository>,
    #[serde(default, deserialize_with = "lenient")]
    owner: Option<FormerOwner>,
}

/// Other events use the same names under `changes` for other shapes: those are of no interest here.
fn lenient<'de, D, T>(input: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Known(T),
        Other(IgnoredAny),
    }
    Either::<T>::deserialize(input).map(|either| match either {
        Either::Known(value) => Some(value),
        Either::Other(_) => None,
    })
}

#[derive(Debug, Deserialize)]
struct RenamedRepository {
    name: Option<FormerName>,
}

#[derive(Debug, Deserialize)]
struct FormerName {
    from: String,
}

#[derive(Debug, Deserialize)]
struct FormerOwner {
    from: Account,
}

#[derive(Debug, Deserialize)]
struct Account {
    user: Option<User>,
    organization: Option<User>,
}

/// The repository that a delivery is about.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub id: u64,
    pub full_name: String,
    pub html_url: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    pub updated_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "moment")]
    pub pushed_at: Option<DateTime<Utc>>,
}

/// Most payloads write times as text; those of `push` as seconds.
fn moment<'de, D: Deserializer<'de>>(input: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Seconds(i64),
        Text(DateTime<Utc>),
    }
    Ok(Option::<Written>::deserialize(input)?.and_then(|written| match written {
        Written::Seconds(seconds) => DateTime::from_timestamp(seconds, 0),
        Written::Text(time) => Some(time),
    }))
}

/// A user, bot, organization or mannequin.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    id: Option<u64>,
    pub login: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl User {
    /// The person, if the payload names one at all.
    pub fn person(&self) -> Option<Person> {
        let handle = self.login.clone().filter(|login| !login.is_empty());
        let key = match (self.id, &handle) {
            (Some(id), _) => id.to_string(),
            (None, Some(login)) => login_key(login),
            (None, None) => return None,
        };
        let bot = self.kind.as_deref() == Some("Bot") || handle.as_deref().is_some_and(is_bot_login);
        Some(Person { key, handle, bot, ..Person::default() })
    }
}

/// The key of a person of whom only the login is known.
pub(super) fn login_key(login: &str) -> String {
    format!("login:{}", login.to_ascii_lowercase())
}

pub(super) fn is_bot_login(login: &str) -> bool {
    login.ends_with("[bot]")
}

/// At most this many people or labels of one item are kept.
const MOST_NAMES: usize = 256;

pub(super) fn people<'a>(users: impl IntoIterator<Item = &'a User>) -> Vec<Person> {
    users.into_iter().filter_map(User::person).take(MOST_NAMES).collect()
}

/// A label of an issue or pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Label {
    name: String,
}

pub(super) fn label_names(labels: Vec<Label>) -> Vec<String> {
    labels.into_iter().map(|label| label.name).take(MOST_NAMES).collect()
}

/// An issue, or a pull request in the form of one.
#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub number: u64,
    pub title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub body: String,
    pub html_url: Option<String>,
    pub user: Option<User>,
    pub state: Option<String>,
    pub state_reason: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<Label>,
    #[serde(default, deserialize_with = "or_default")]
    pub assignees: Vec<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub pull_request: Option<IgnoredAny>,
}

/// A pull request. Its head may be in a fork, of which nothing is read.
#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub number: u64,
    pub title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub body: String,
    pub html_url: Option<String>,
    pub user: Option<User>,
    pub state: Option<String>,
    pub merged_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "or_default")]
    pub merged: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub draft: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub labels: Vec<Label>,
    #[serde(default, deserialize_with = "or_default")]
    pub assignees: Vec<User>,
    #[serde(default, deserialize_with = "or_default")]
    pub requested_reviewers: Vec<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A comment of any kind: on an issue, a pull request's lines, a commit, a discussion.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub id: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub body: String,
    pub html_url: Option<String>,
    pub user: Option<User>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Only on a commit.
    pub commit_id: Option<String>,
    /// Only on a pull request's lines.
    pub in_reply_to_id: Option<u64>,
    /// Only on a pull request's lines.
    pub pull_request_review_id: Option<u64>,
    /// Only in a discussion.
    pub parent_id: Option<u64>,
}
