//! The one table of providers. The connect dialog, the privacy page, ingestion and the tests read it;
//! a provider is in it only if this build really serves it.

use chrono::{DateTime, Utc};

use crate::model::{ReadError, Reading};
use crate::reading::Route;
use crate::verify::{Headers, Refusal, Verified};
use crate::{github, slack};

/// One provider, in words for people and functions for ingestion.
#[derive(Debug)]
pub struct Provider {
    /// Name in URLs, commands and the database.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What is read, one sentence part each.
    pub reads: &'static [&'static str],
    /// What may be sent back to the provider; empty: nothing ever is.
    pub may_send_back: &'static [&'static str],
    /// How the origin of a delivery is proven.
    pub verification: &'static str,
    /// What makes two deliveries the same.
    pub sameness: &'static str,
    /// How the past is fetched.
    pub history: &'static str,
    /// What must be renewed, and when.
    pub renewal: &'static str,
    /// What a person must know before connecting.
    pub notes: &'static [&'static str],
    /// How the key of a source is written.
    pub source_keys: &'static str,
    /// The canonical key for what a person typed, if it can be a source here.
    pub canonical_source: fn(&str) -> Option<String>,
    /// How deliveries are taken in; `None` for what is only imported.
    pub hook: Option<Hook>,
}

/// Headers, raw body, valid secrets and the present time in; proof or refusal out.
pub type Verify = fn(&Headers<'_>, &[u8], &[&[u8]], DateTime<Utc>) -> Result<Verified, Refusal>;

/// How the deliveries of a provider are taken in.
#[derive(Debug)]
pub struct Hook {
    /// Seconds within which the provider wants its answer.
    pub patience_seconds: u32,
    /// Larger bodies are refused unread.
    pub body_cap_bytes: usize,
    /// See [`crate::verify`].
    pub verify: Verify,
    /// See [`crate::route`].
    pub route: fn(&str, &[u8]) -> Result<Route, ReadError>,
    /// See [`crate::read`].
    pub read: fn(&str, &[u8]) -> Result<Reading, ReadError>,
}

/// All providers of this build, in the order in which they are offered.
#[must_use]
pub fn table() -> &'static [Provider] {
    &TABLE
}

/// The provider of that exact name.
#[must_use]
pub fn provider(name: &str) -> Option<&'static Provider> {
    TABLE.iter().find(|row| row.name == name)
}

static TABLE: [Provider; 5] = [
    // https://docs.github.com/webhooks (validating deliveries, best practices, events and payloads)
    Provider {
        name: "github",
        title: "GitHub",
        reads: &[
            "issues, pull requests, reviews and their comments",
            "discussions and their comments",
            "commits that are pushed: message and author, not the code",
            "releases, names and versions of packages, deployments, and builds of pages",
            "checks and workflow runs: their jobs, approvals and results, and what starts them",
            "milestones, projects with their columns, cards and fields, labels, and names of wiki pages",
            "names of branches and tags that are created or deleted, and of their protection rules",
            "people added to or removed from a repository, teams added or removed, and that deploy keys come and go",
            "who stars or forks a repository, and what happens to it: renamed, archived, made private or public",
        ],
        may_send_back: &[],
        verification: "HMAC-SHA256 of the raw body in X-Hub-Signature-256; the old SHA-1 signature alone is refused",
        sameness: "X-GitHub-Delivery; a redelivery keeps it",
        history: "import the repository with git; comments and reviews come from the day of connecting",
        renewal: "nothing; rotate the secret by setting the second one first",
        notes: &[
            "GitHub does not redeliver by itself what it could not deliver: redeliver it in the hook's settings",
            "set the hook's content type to application/json",
            "a repository that moves or is renamed must be looked over; one made public is never shared more widely",
        ],
        source_keys: "owner/repository in lower case; project:<node id> for a project of the organization",
        canonical_source: github::canonical_source,
        hook: Some(Hook {
            patience_seconds: 10,
            body_cap_bytes: 25 * 1024 * 1024,
            verify: github::verify,
            route: github::route,
            read: github::read,
        }),
    },
    // https://docs.slack.dev/authentication/verifying-requests-from-slack and /apis/events-api
    Provider {
        name: "slack",
        title: "Slack",
        reads: &[
            "messages, edits and deletions in channels that are shared",
            "names, types and sizes of the files posted there, not the files",
            "reactions",
            "who joins or leaves these channels, and what happens to the channels themselves",
            "names and confirmed mail addresses of the workspace's people",
        ],
        may_send_back: &[],
        verification: "HMAC-SHA256 of v0:<timestamp>:<raw body> in X-Slack-Signature, no more than 5 minutes old",
        sameness: "event_id; a retry keeps it",
        history: "import an export of the workspace",
        renewal: "nothing; rotate the signing secret by setting the second one first",
        notes: &[
            "create an app of your own in your workspace from the manifest shown here, and invite it to each channel",
            "Slack's terms restrict indexing by third parties: run Oz yourself, or ask your administrator first",
            "Oz never joins a channel by itself",
            "in a channel shared with another organization, its people's messages are read too",
        ],
        source_keys: "the channel's id, such as C024BE91L",
        canonical_source: slack::canonical_source,
        hook: Some(Hook {
            patience_seconds: 3,
            body_cap_bytes: 1024 * 1024,
            verify: slack::verify,
            route: slack::route,
            read: slack::read,
        }),
    },
    imported(
        "git",
        "Git repository",
        &["commits: message, author, date and names of changed files, not the code"],
        "the commit's hash",
        "the name given when importing",
    ),
    imported(
        "mbox",
        "Mail archive (mbox)",
        &["mails: sender, addressees, subject, text and names of attachments"],
        "the Message-ID inside the mailbox",
        "the mailbox's name given when importing",
    ),
    imported(
        "slack-export",
        "Slack export",
        &["messages, reactions and file names of the channels in the archive", "the workspace's people"],
        "the message's timestamp inside the channel",
        "the channel's id, as in Slack",
    ),
];

/// A row for what a member imports from a file of their own.
const fn imported(
    name: &'static str,
    title: &'static str,
    reads: &'static [&'static str],
    sameness: &'static str,
    source_keys: &'static str,
) -> Provider {
    Provider {
        name,
        title,
        reads,
        may_send_back: &[],
        verification: "imported by a signed-in administrator; nothing is received from outside",
        sameness,
        history: "the import is the history; importing again doubles nothing",
        renewal: "nothing",
        notes: &[],
        source_keys,
        canonical_source: as_typed,
        hook: None,
    }
}

fn as_typed(typed: &str) -> Option<String> {
    (!typed.is_empty() && typed.len() <= 256 && !typed.chars().any(char::is_control))
        .then(|| typed.to_owned())
}
