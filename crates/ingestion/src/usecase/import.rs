//! Bringing an archive in: cut into records, each laid down like a delivery. Repeating it lays down only what is missing, so an
//! import that was cut short is resumed by sending the archive again.

mod interruption;

use std::collections::HashMap;

use access::{Permit, Role, action::Import};
use chrono::{DateTime, Utc};
use ids::{IntegrationId, SourceId};
use pg::TenantTx;
use providers::imports::{ImportError, ImportKind, Record, Splitter};
use sealing::{Binding, OrgKeys};
use std::sync::Arc;

use interruption::Receiving;
pub use interruption::{Interruptions, is_silent, mark};

use super::share;
use crate::{
    Ingestion,
    domain::{identity, visibility::Visibility},
    normalise::WorkError,
    store::{coverage, deliveries, imports, integrations, queue, sources},
};

/// Records laid down in one transaction.
const TOGETHER: usize = 500;
/// And bytes.
const TOGETHER_BYTES: usize = 8 << 20;

/// What can be wrong with an import.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The field and what is expected.
    #[error("{0}: {1}")]
    Field(&'static str, String),
    /// The archive itself.
    #[error(transparent)]
    Archive(#[from] ImportError),
    /// Something else failed.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<pg::PgError> for StartError {
    fn from(error: pg::PgError) -> Self {
        Self::Work(error.into())
    }
}

/// An import under way.
pub struct Importing<'a> {
    service: &'a Ingestion,
    permit: Permit<Import>,
    keys: Arc<OrgKeys>,
    pub integration: IntegrationId,
    kind: ImportKind,
    scope: String,
    visibility: Visibility,
    splitter: Splitter,
    sources: HashMap<String, SourceId>,
    waiting: Vec<Record>,
    waiting_bytes: usize,
    receiving: Receiving,
}

impl<'a> Importing<'a> {
    /// Checks the request and begins.
    pub async fn begin(
        service: &'a Ingestion,
        permit: Permit<Import>,
        kind: &str,
        scope: &str,
        visibility: &str,
    ) -> Result<Self, StartError> {
        let kind = ImportKind::from_name(kind)
            .ok_or_else(|| StartError::Field("kind", "expected git, mbox or slack-export".to_owned()))?;
        let scope = providers::source_key(kind.name(), scope).ok_or_else(|| {
            StartError::Field("scope", "a name of 1 to 256 bytes without control characters".to_owned())
        })?;
        let visibility = Visibility::parse(if visibility.is_empty() { "org" } else { visibility })
            .filter(|visibility| visibility.may_be_given_by(permit.caller()))
            .ok_or_else(|| {
                StartError::Field("visibility", "expected org, team:<a team of yours> or private".to_owned())
            })?;
        if kind == ImportKind::SlackExport && permit.caller().role() < Role::Admin {
            // It speaks of everybody's mail address and of private channels.
            return Err(StartError::Field("kind", "a chat export is brought in by an admin".to_owned()));
        }
        let org = permit.org();
        let owner = (visibility == Visibility::Source).then(|| permit.member().uuid());
        let integration = identity::archive(org, kind.name(), &scope, owner);
        let keys = service.keyring.keys(org).await.map_err(WorkError::from)?;
        let receiving = Receiving::begin(service, permit.scope(), integration);
        let mut importing = Self {
            splitter: Splitter::new(kind, &scope),
            service,
            permit,
            keys,
            integration,
            kind,
            scope,
            visibility,
            sources: HashMap::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            receiving,
        };
        importing.register().await?;
        Ok(importing)
    }

    /// Makes the integration that stands for the archive, or finds it.
    async fn register(&mut self) -> Result<(), StartError> {
        let (service, id) = (self.service, self.integration);
        let now = self.receiving.started_at();
        let mut tx = TenantTx::begin(&service.pool, &self.permit.scope()).await?;
        let name = self.seal("integration", id.uuid(), self.scope.as_bytes())?;
        let new = integrations::New {
            integration_id: id.uuid(),
            provider: self.kind.name(),
            name: &name,
            secret: None,
            created_by: self.permit.member().uuid(),
            created_at: now,
        };
        let made = integrations::insert(&mut tx, new).await?;
        if !integrations::lock(&mut tx, id.uuid()).await? {
            return Err(StartError::Field(
                "scope",
                "this archive was deleted; import it under another name".to_owned(),
            ));
        }
        self.unchanged(&mut tx).await?;
        let scope = self.seal("import", id.uuid(), self.scope.as_bytes())?;
        imports::begin(&mut tx, id.uuid(), &scope, now).await?;
        if made {
            share::audit(service, &mut tx, self.permit.caller(), "archive.imported", id.to_string()).await?;
        }
        service.emitter.commit(tx).await?;
        Ok(())
    }

    /// Who sees a shared archive is changed where an admin changes it, in its sources, and not by sending it again. Sources that
    /// are private at the provider never have the archive's visibility; of others, an admin may have changed some.
    async fn unchanged(&self, tx: &mut TenantTx) -> Result<(), StartError> {
        let audiences = sources::audiences(tx, self.integration.uuid()).await?;
        let wanted = self.visibility.audience(self.permit.org(), SourceId::from_uuid(uuid::Uuid::nil()));
        if self.visibility == Visibility::Source || audiences.is_empty() || audiences.contains(&wanted) {
            return Ok(());
        }
        Err(StartError::Field(
            "visibility",
            "this archive is shared with others already; an admin changes that in its sources, or give it another scope"
                .to_owned(),
        ))
    }

    /// Takes the next bytes.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), StartError> {
        *self.receiving.bytes() += i64::try_from(chunk.len()).unwrap_or_default();
        let records = self.splitter.push(chunk)?;
        self.take(records).await?;
        let now = self.service.entropy.clock().now();
        if self.receiving.is_quiet(now) {
            // Large or slow records: nothing was laid down for a while.
            let mut tx = TenantTx::begin(&self.service.pool, &self.permit.scope()).await?;
            self.progress(&mut tx, "receiving", now).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn progress(
        &mut self,
        tx: &mut TenantTx,
        state: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StartError> {
        self.receiving.heard(now);
        let (started_at, bytes) = (self.receiving.started_at(), *self.receiving.bytes());
        Ok(imports::progress(tx, self.integration.uuid(), started_at, state, bytes, now).await?)
    }

    /// After the last bytes: everything is durable when this returns.
    pub async fn finish(mut self) -> Result<IntegrationId, StartError> {
        while let Some(records) = self.splitter.drain()? {
            self.take(records).await?;
        }
        self.lay_down().await?;
        let service = self.service;
        let now = service.entropy.clock().now();
        let mut tx = TenantTx::begin(&service.pool, &self.permit.scope()).await?;
        for (reason, count) in self.splitter.skipped().iter() {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            coverage::left_out(&mut tx, self.integration.uuid(), ("record", reason), count, now).await?;
        }
        self.progress(&mut tx, "received", now).await?;
        tx.commit().await?;
        self.receiving.done();
        Ok(self.integration)
    }

    async fn take(&mut self, records: Vec<Record>) -> Result<(), StartError> {
        for record in records {
            self.waiting_bytes += record.body.len();
            self.waiting.push(record);
            if self.waiting.len() >= TOGETHER || self.waiting_bytes >= TOGETHER_BYTES {
                self.lay_down().await?;
            }
        }
        Ok(())
    }

    /// Lays the waiting records down in one transaction.
    async fn lay_down(&mut self) -> Result<(), StartError> {
        let records = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if records.is_empty() {
            return Ok(());
        }
        let service = self.service;
        let now = service.entropy.clock().now();
        let mut tx = TenantTx::begin(&service.pool, &self.permit.scope()).await?;
        let mut arrivals = Vec::with_capacity(records.len());
        let mut made: Vec<(String, SourceId)> = Vec::new();
        for record in &records {
            let known = self.sources.get(&record.source).copied();
            let known =
                known.or_else(|| made.iter().find(|(key, _)| *key == record.source).map(|(_, id)| *id));
            let source = match known {
                Some(source) => source,
                None => {
                    let source = self.source(&mut tx, record).await?;
                    made.push((record.source.clone(), source));
                    source
                }
            };
            let id = service.entropy.uuid();
            arrivals.push(deliveries::Arrival {
                delivery_id: id,
                source_id: source.uuid(),
                dedupe: identity::dedupe_hash(self.keys.search(), self.integration, &record.key),
                body: self.seal("delivery", id, &record.body)?,
            });
        }
        let new = deliveries::insert(&mut tx, self.integration.uuid(), "record", &arrivals, now).await?;
        let new: std::collections::HashSet<_> = new.into_iter().collect();
        let fresh: Vec<_> = arrivals.iter().filter(|a| new.contains(&a.delivery_id)).collect();
        let ids: Vec<_> = fresh.iter().map(|a| a.delivery_id).collect();
        let shards: Vec<_> = fresh.iter().map(|a| identity::shard(a.source_id)).collect();
        let org = self.permit.org();
        let tickets: Vec<_> =
            ids.iter().map(|id| service.ticket_key.issue(org, id.as_bytes()).as_bytes().to_vec()).collect();
        queue::add(&mut tx, &ids, &shards, &tickets).await?;
        let repeated = i64::try_from(arrivals.len() - fresh.len()).unwrap_or_default();
        if repeated > 0 {
            coverage::add(&mut tx, self.integration.uuid(), ("record", "repeated", ""), repeated, now)
                .await?;
        }
        self.progress(&mut tx, "receiving", now).await?;
        service.emitter.commit(tx).await?;
        self.sources.extend(made);
        service.arrived.wake_all();
        Ok(())
    }

    /// The source of a record, shared if it is not yet. What is private at the provider stays with its members.
    async fn source(&self, tx: &mut TenantTx, record: &Record) -> Result<SourceId, StartError> {
        let hash = identity::source_key_hash(self.keys.search(), self.integration, &record.source);
        let known = sources::by_hash(tx, self.integration.uuid()).await?;
        if let Some((_, id)) = known.into_iter().find(|(known, _)| *known == hash) {
            return Ok(SourceId::from_uuid(id));
        }
        let visibility = if record.private { Visibility::Source } else { self.visibility };
        let mine = visibility == Visibility::Source && !record.private;
        let share = share::Share {
            integration: self.integration,
            provider: self.kind.name(),
            canonical: &record.source,
            shown: if record.title.is_empty() { &record.source } else { &record.title },
            visibility,
            only: mine.then(|| self.permit.member()),
        };
        Ok(share::share(self.service, tx, &self.keys, share).await?)
    }

    fn seal(&self, kind: &str, id: uuid::Uuid, plain: &[u8]) -> Result<Vec<u8>, WorkError> {
        let binding = Binding { org: self.permit.org(), kind, id };
        Ok(self.keys.seal(binding, plain, &self.service.entropy).map_err(keyring::KeyError::from)?)
    }
}
