//! Imports that were not received to their end.
//!
//! When a sender goes away, its call is dropped wherever it stands and cannot write anything any more. What it drops tells a
//! task of the service's own, which writes it down. When the process dies, nobody can tell: then its silence does.

use std::{convert::Infallible, sync::Arc};

use access::TenantScope;
use chrono::{DateTime, TimeDelta, Utc};
use ids::IntegrationId;
use lifecycle::Shutdown;
use pg::{PgError, TenantTx};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::{Ingestion, store::imports};

/// How often an import under way is heard of, if bytes come in.
const HEARD_EVERY: TimeDelta = TimeDelta::seconds(10);
/// After this silence an import is taken for interrupted; if it does go on, it is heard of again.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// Whether an import that is being received, as far as anybody wrote down, has gone silent.
pub fn is_silent(heard_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - heard_at > SILENCE
}

/// Where interruptions are told; one at most for each call under way.
pub type Interruptions = UnboundedSender<Attempt>;

/// One attempt to send an archive.
pub struct Attempt {
    scope: TenantScope,
    integration: IntegrationId,
    started_at: DateTime<Utc>,
    bytes: i64,
}

/// An archive that is being received. Dropped before [`Receiving::done`], it was interrupted.
pub struct Receiving {
    interruptions: Interruptions,
    attempt: Option<Attempt>,
    started_at: DateTime<Utc>,
    heard_at: DateTime<Utc>,
    bytes: i64,
}

impl Receiving {
    /// Begins now.
    pub fn begin(service: &Ingestion, scope: TenantScope, integration: IntegrationId) -> Self {
        let started_at = service.entropy.clock().now();
        let attempt = Some(Attempt { scope, integration, started_at, bytes: 0 });
        Self {
            interruptions: service.interruptions.clone(),
            attempt,
            started_at,
            heard_at: started_at,
            bytes: 0,
        }
    }

    /// When it began.
    pub const fn started_at(&self) -> DateTime<Utc> {
        self.started_at
    }

    /// Bytes received so far.
    pub const fn bytes(&mut self) -> &mut i64 {
        &mut self.bytes
    }

    /// Whether it is time to be heard of.
    pub fn is_quiet(&self, now: DateTime<Utc>) -> bool {
        now - self.heard_at > HEARD_EVERY
    }

    /// It is heard of now.
    pub const fn heard(&mut self, now: DateTime<Utc>) {
        self.heard_at = now;
    }

    /// It was received whole.
    pub fn done(&mut self) {
        self.attempt = None;
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            // Nobody listens only when the service has ended.
            let _ended = self.interruptions.send(Attempt { bytes: self.bytes, ..attempt });
        }
    }
}

/// Writes interruptions down until shutdown, and then those that were told before.
pub async fn mark(
    service: Arc<Ingestion>,
    mut told: UnboundedReceiver<Attempt>,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    loop {
        tokio::select! {
            biased;
            attempt = told.recv() => match attempt {
                Some(attempt) => {
                    if let Err(error) = interrupt(&service, &attempt).await {
                        tracing::warn!(%error, "an interrupted import was not marked");
                    }
                }
                None => return Ok(()),
            },
            () = shutdown.cancelled() => return Ok(()),
        }
    }
}

async fn interrupt(service: &Ingestion, attempt: &Attempt) -> Result<(), PgError> {
    let Attempt { scope, integration, started_at, bytes } = attempt;
    let mut tx = TenantTx::begin(&service.pool, scope).await?;
    imports::interrupt(&mut tx, integration.uuid(), *started_at, *bytes).await?;
    tx.commit().await
}
