//! Integrations, sources, deliveries, imports, and the content that came by them.

use proto::ingestion::v1 as pb;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Person, Source, Time, some};

/// A provider that this installation serves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provider {
    name: String,
    title: String,
    reads: Vec<String>,
    may_send_back: Vec<String>,
    /// How the origin of a delivery is proven.
    verification: String,
    /// What makes two deliveries the same.
    identity: String,
    patience_seconds: u32,
    body_cap_bytes: u64,
    history: String,
    renewal: String,
    notes: Vec<String>,
    /// How the key of a source is written.
    source_key: String,
    has_hook: bool,
}

impl From<pb::Provider> for Provider {
    fn from(p: pb::Provider) -> Self {
        Self {
            name: p.name,
            title: p.title,
            reads: p.reads,
            may_send_back: p.may_send_back,
            verification: p.verification,
            identity: p.identity,
            patience_seconds: p.patience_seconds,
            body_cap_bytes: p.body_cap_bytes,
            history: p.history,
            renewal: p.renewal,
            notes: p.notes,
            source_key: p.source_key,
            has_hook: p.has_hook,
        }
    }
}

/// A connection to a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integration {
    id: String,
    provider: String,
    name: String,
    /// `active`, `disconnected` or `deleted`.
    status: String,
    /// Where the provider sends its deliveries.
    hook_url: String,
    created_at: Time,
    created_by: Option<String>,
    /// How many sources are shared.
    sources: u32,
}

impl Integration {
    pub fn new(integration: pb::Integration, public_url: &str) -> Self {
        let pb::Integration { id, provider, name, status, created_at_us, created_by, sources } = integration;
        let hook_url = format!("{public_url}/hooks/{provider}/{id}");
        let (created_at, created_by) = (Time::micros(created_at_us), some(created_by));
        Self { id, provider, name, status, hook_url, created_at, created_by, sources }
    }
}

/// A connection with its signing secret, which is shown only here.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewIntegration {
    #[serde(flatten)]
    pub about: Integration,
    /// Give it to the provider.
    pub secret: String,
}

/// A second secret beside the first.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSecret {
    pub secret: String,
    /// Until then deliveries signed with the secret before are taken too.
    pub previous_valid_until: Option<Time>,
}

/// A shared source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharedSource {
    id: String,
    key: String,
    /// `org`, `team:<team id>` or `source`.
    visibility: String,
    shared_at: Time,
    items: u64,
}

impl From<pb::Source> for SharedSource {
    fn from(source: pb::Source) -> Self {
        let pb::Source { id, key, visibility, shared_at_us, items } = source;
        Self { id, key, visibility, shared_at: Time::micros(shared_at_us), items }
    }
}

/// What sharing a source would mean.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourcePreview {
    key: String,
    visibility: String,
    /// `added`, `kept`, `narrowed`, `widened` or `removed`.
    change: String,
    /// How many members will be able to see it; null where membership is not known yet.
    members: Option<u32>,
    /// Items that will be purged.
    items_purged: u64,
}

impl From<pb::SourcePreview> for SourcePreview {
    fn from(preview: pb::SourcePreview) -> Self {
        let pb::SourcePreview { key, visibility, change, members, members_known, items_purged } = preview;
        Self { key, visibility, change, members: members_known.then_some(members), items_purged }
    }
}

/// What was received, and what became of it. Nothing is silent: `received` is the sum of the other counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Coverage {
    received: u64,
    applied: u64,
    skipped: u64,
    failed: u64,
    pending: u64,
    /// Deliveries that had come before.
    repeated: u64,
    /// Not believed, not readable or too large: never stored.
    refused: u64,
    items: Vec<CoverageLine>,
    next_cursor: Option<String>,
}

/// One kind of event with one outcome.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageLine {
    event: String,
    /// `accepted`, `applied`, `repeated`, `skipped`, `failed`, `refused` or `pending`.
    outcome: String,
    /// A stable code.
    reason: Option<String>,
    count: u64,
    first_at: Option<Time>,
    last_at: Option<Time>,
    /// Key of the source; null where it is not shared.
    source: Option<String>,
}

impl From<pb::GetCoverageResponse> for Coverage {
    fn from(coverage: pb::GetCoverageResponse) -> Self {
        let items = coverage.lines.into_iter().map(|line| CoverageLine {
            event: line.event,
            outcome: line.outcome,
            reason: some(line.reason),
            count: line.count,
            first_at: Time::unless_zero(line.first_at_us),
            last_at: Time::unless_zero(line.last_at_us),
            source: some(line.source),
        });
        Self {
            received: coverage.received,
            applied: coverage.applied,
            skipped: coverage.skipped,
            failed: coverage.failed,
            pending: coverage.pending,
            repeated: coverage.repeated,
            refused: coverage.refused,
            items: items.collect(),
            next_cursor: None,
        }
    }
}

/// One delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    id: String,
    event: String,
    /// `pending`, `applied`, `skipped` or `failed`.
    state: String,
    reason: Option<String>,
    received_at: Time,
    attempts: u32,
    source: Option<String>,
}

impl From<pb::Delivery> for Delivery {
    fn from(delivery: pb::Delivery) -> Self {
        let pb::Delivery { id, event, state, reason, received_at_us, attempts, source } = delivery;
        let received_at = Time::micros(received_at_us);
        Self { id, event, state, reason: some(reason), received_at, attempts, source: some(source) }
    }
}

/// Something that was sent out to a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disclosure {
    id: String,
    provider: String,
    at: Time,
}

/// How an import stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    pub id: String,
    kind: String,
    scope: String,
    /// `receiving`, `normalising`, `done` or `interrupted`.
    state: String,
    records: u64,
    repeated: u64,
    applied: u64,
    skipped: u64,
    failed: u64,
    bytes: u64,
}

impl From<pb::ImportStatus> for Import {
    fn from(status: pb::ImportStatus) -> Self {
        let pb::ImportStatus { id, kind, scope, state, records, repeated, applied, skipped, failed, bytes } =
            status;
        Self { id, kind, scope, state, records, repeated, applied, skipped, failed, bytes }
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    id: String,
    text: String,
    author: Person,
    source: Source,
    /// Null when the message stands alone.
    thread_id: Option<String>,
    occurred_at: Time,
    edited_at: Option<Time>,
    /// Empty where the provider has none.
    url: String,
}

impl From<pb::Message> for Message {
    fn from(message: pb::Message) -> Self {
        Self {
            id: message.id,
            text: message.text,
            author: message.author.unwrap_or_default().into(),
            source: message.source.unwrap_or_default().into(),
            thread_id: some(message.thread_id),
            occurred_at: Time::micros(message.occurred_at_us),
            edited_at: Time::unless_zero(message.edited_at_us),
            url: message.url,
        }
    }
}

/// A thread: its messages, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Thread {
    pub id: String,
    pub items: Vec<Message>,
    pub next_cursor: Option<String>,
}

/// A file as the provider names it. Its bytes stay at the provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct File {
    id: String,
    name: String,
    media_type: Option<String>,
    size: u64,
    source: Option<Source>,
    occurred_at: Time,
    url: Option<String>,
}

impl File {
    /// With the id it was asked by: the provider's own record holds the bare UUID.
    pub fn new(id: String, answer: pb::GetFileResponse) -> Self {
        let file = answer.file.unwrap_or_default();
        Self {
            id,
            name: file.name,
            media_type: some(file.media_type),
            size: file.size,
            source: answer.source.map(Into::into),
            occurred_at: Time::micros(answer.occurred_at_us),
            url: some(file.url),
        }
    }
}
