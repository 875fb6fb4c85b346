//! The one vocabulary into which every provider is translated.
//!
//! Keys are the provider's own, as strings; ingestion turns them into identifiers of Oz. Everything optional is
//! optional because some provider leaves it out, never for convenience.

use chrono::{DateTime, Utc};

/// One thing that a delivery tells. A delivery yields any number of facts, in the order they happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Something happened to an item.
    Activity(Box<Activity>),
    /// A person was described (name, address). `Activity` refers to people by the same key.
    Person(Person),
    /// Who can see a source at the provider changed.
    Membership(Membership),
    /// The source itself changed (renamed, deleted, archived, made private).
    Source(SourceChange),
    /// The whole connection ended at the provider (app uninstalled, tokens revoked).
    Disconnected {
        /// Stable code, for the coverage ledger: `app_uninstalled`, `tokens_revoked`.
        reason: &'static str,
    },
}

/// What happened to one item of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// The source as a person would write it: `owner/repo`, a channel id, a mailbox name.
    pub source: String,
    /// What the item is about: activities with the same thing fold into one story
    /// (`pull:17`, `issue:17`, `thread:1700000000.000100`, `commit:<sha>`). Where a provider does not name it
    /// (a deleted file, a reaction to a reply), it is the best that the delivery shows; `item` and `reply_to` are exact.
    pub thing: String,
    /// What sort of thing that is.
    pub thing_kind: ThingKind,
    /// Title of the thing as of this delivery, when the delivery carries it.
    pub thing_title: Option<String>,
    /// Address of the thing at the provider.
    pub thing_url: Option<String>,
    /// The item itself, unique inside the source: edits and deletions of the same item carry the same key
    /// (`issue:17`, `comment:991`, `message:1700000000.000100`, `review:5`, `check:33`).
    pub item: String,
    /// What kind of content the item is.
    pub kind: ItemKind,
    /// What was done.
    pub verb: Verb,
    /// Who did it.
    pub actor: Option<Person>,
    /// When it happened, by the provider's own clock.
    pub occurred_at: DateTime<Utc>,
    /// When the thing began (opened, first message), if the delivery says: for durations.
    pub thing_opened_at: Option<DateTime<Utc>>,
    /// Orders several versions of the same item; the greatest wins. Usually the provider's `updated_at`.
    pub version: DateTime<Utc>,
    /// Short heading of the item (issue title, commit subject, file name); empty for chat messages.
    pub title: String,
    /// The text as written by a person: plain text or Markdown, provider mark-up resolved (`<@U1>` stays a mention, see `mentions`).
    pub text: String,
    /// Address of the item at the provider.
    pub url: Option<String>,
    /// The item this one answers, by item key, if any.
    pub reply_to: Option<String>,
    /// People mentioned in the text.
    pub mentions: Vec<Person>,
    /// People the item is assigned to, or whose review is asked.
    pub assignees: Vec<Person>,
    /// Labels or tags.
    pub labels: Vec<String>,
    /// For tasks and changes: the normalised state and the provider's own word.
    pub state: Option<(State, String)>,
    /// Due date (ISO `YYYY-MM-DD`), where the provider has one.
    pub due_on: Option<chrono::NaiveDate>,
    /// Files attached or shared.
    pub files: Vec<FileRef>,
}

impl Activity {
    /// An activity that says only what every activity must: rooms fill in what their provider tells.
    /// `version` begins as `occurred_at`.
    #[must_use]
    pub fn bare(
        source: &str,
        (thing_kind, thing): (ThingKind, String),
        (kind, item): (ItemKind, String),
        verb: Verb,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        Self {
            source: source.to_owned(),
            thing,
            thing_kind,
            thing_title: None,
            thing_url: None,
            item,
            kind,
            verb,
            actor: None,
            occurred_at,
            thing_opened_at: None,
            version: occurred_at,
            title: String::new(),
            text: String::new(),
            url: None,
            reply_to: None,
            mentions: Vec::new(),
            assignees: Vec::new(),
            labels: Vec::new(),
            state: None,
            due_on: None,
            files: Vec::new(),
        }
    }

    /// The same activity without anything that was written: what a deletion may still carry.
    #[must_use]
    pub fn without_content(mut self) -> Self {
        if self.thing == self.item {
            self.thing_title = None;
        }
        self.title.clear();
        self.text.clear();
        self.mentions.clear();
        self.assignees.clear();
        self.labels.clear();
        self.files.clear();
        self
    }
}

/// A person or a bot at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Stable key at the provider (numeric user id, Slack user id, mail address). Where a provider names only a
    /// handle (a GitHub mention, a commit's author), `login:<handle in lower case>`; only an address, `mail:<address>`.
    pub key: String,
    /// Name to show, if known.
    pub name: Option<String>,
    /// Handle or login, if known: `octocat`.
    pub handle: Option<String>,
    /// Mail address, if the delivery carries one.
    pub email: Option<String>,
    /// True only where the provider vouches for the address (a workspace profile), never for a commit's author line.
    pub email_verified: bool,
    /// A bot or an automation.
    pub bot: bool,
}

/// A file as the provider names it; its bytes are fetched or not, elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// Stable key at the provider.
    pub key: String,
    /// File name.
    pub name: String,
    /// Media type, if known.
    pub media_type: Option<String>,
    /// Size in bytes, if known.
    pub size: Option<u64>,
    /// Address at the provider.
    pub url: Option<String>,
}

/// Who can see a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The source, as in [`Activity::source`].
    pub source: String,
    /// Who.
    pub person: Person,
    /// True: can see it from now on; false: no longer.
    pub present: bool,
}

/// A change of the source itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceChange {
    /// The source, as in [`Activity::source`].
    pub source: String,
    /// What changed.
    pub change: SourceEvent,
}

/// What can happen to a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceEvent {
    /// It has a new key or name; the old key no longer exists.
    Renamed {
        /// The key from now on.
        to: String,
    },
    /// It is gone at the provider: what it brought is purged.
    Deleted,
    /// It became private: its audience narrows to its members.
    MadePrivate,
    /// It is shown under another name; its key stays (a Slack channel was renamed).
    Titled {
        /// The name from now on.
        name: String,
    },
    /// It was put away: what it brought stays, nothing new comes.
    Archived,
    /// It was taken out of the archive.
    Unarchived,
}

/// The kind of a thing, which decides how its story reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThingKind {
    /// A conversation: a chat thread, a mail thread, a discussion.
    Conversation,
    /// An issue, a card, a ticket.
    Task,
    /// A pull or merge request.
    ChangeRequest,
    /// One push or commit outside a change request.
    Commit,
    /// A release.
    Release,
    /// A deployment.
    Deployment,
    /// A roadmap item: milestone, project item, initiative.
    Roadmap,
    /// A file or page.
    File,
    /// Anything else that happened (a check, a workflow run outside a change request).
    Event,
}

/// The kind of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A chat message, a comment, a mail.
    Message,
    /// A file.
    File,
    /// An issue, card or ticket.
    Task,
    /// A milestone, initiative, project item.
    Roadmap,
    /// A commit, pull request, review, release, deployment.
    Change,
    /// A check, a label, anything without content of its own.
    Event,
}

/// What was done to the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Came into being: opened, posted, pushed, published.
    Created,
    /// Its content changed.
    Edited,
    /// Gone.
    Deleted,
    /// Closed without being done, or closed as a thread.
    Closed,
    /// Opened again.
    Reopened,
    /// Finished: an issue completed.
    Completed,
    /// A change was merged.
    Merged,
    /// Assigned, or review asked.
    Assigned,
    /// No longer assigned.
    Unassigned,
    /// A review approved.
    Approved,
    /// A review asked for changes.
    ChangesRequested,
    /// A check, deployment or run succeeded.
    Succeeded,
    /// A check, deployment or run failed.
    Failed,
    /// Labels, milestone or other fields changed.
    Updated,
    /// Moved elsewhere (issue transferred, card moved).
    Moved,
    /// Reacted to with an emoji.
    Reacted,
}

/// The normalised state of a task or a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// To be done.
    Open,
    /// Being done.
    InProgress,
    /// Done, merged, released.
    Done,
    /// Given up.
    Canceled,
}

/// What reading a delivery came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// It says these things; possibly none after all.
    Facts(Vec<Fact>),
    /// Deliberately not taken in, with a stable reason code for the coverage ledger (`unsupported_event`, `no_content`, `bot_noise`).
    Skipped(&'static str),
}

/// Why a verified delivery could not be read. Texts carry no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The body is not what the provider documents.
    #[error("malformed delivery at {field}")]
    Malformed {
        /// Path of the field at fault, made of names in this code, never of input.
        field: &'static str,
    },
    /// Nested deeper or larger than Oz reads.
    #[error("delivery exceeds the limit for {what}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
    },
}
