//! From waiting deliveries to items and events.
//!
//! Deliveries wait in shards; whoever claims a shard works on its oldest, organization by organization, each in one transaction:
//! items, accounts, memberships, the events about them, the deliveries' fates and their places in the queue. A crash leaves
//! either all of it or none.

mod batch;
mod people;
mod translate;
mod wire;

use std::{convert::Infallible, sync::Arc, time::Duration};

use access::{TenantScope, Ticket};
use ids::OrgId;
use keyring::KeyError;
use lifecycle::Shutdown;
use outbox::EmitError;
use pg::{PgError, TenantTx};

use crate::{
    Ingestion,
    store::{
        deliveries::{self, Fate},
        queue::{self, Waiting},
    },
};

/// Tasks of one process that normalise.
pub const WORKERS: usize = 2;
/// Deliveries worked on together.
const TOGETHER: i64 = 200;
/// How long a worker rests after a round, so that what arrives meanwhile is worked together.
const REST: Duration = Duration::from_millis(3);
/// How long a worker sleeps when nobody wakes it: the bound for what another process laid down before it died.
const FALLBACK: Duration = Duration::from_millis(250);

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error(transparent)]
    Pg(#[from] PgError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Emit(#[from] EmitError),
}

impl WorkError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Pg(error) | Self::Emit(EmitError::Pg(error)) => error.is_transient(),
            Self::Key(error) => error.is_transient(),
            Self::Emit(EmitError::Event(_)) => false,
        }
    }
}

/// Works until shutdown.
pub async fn run(service: Arc<Ingestion>, shutdown: Shutdown) -> Result<(), Infallible> {
    while !shutdown.is_cancelled() {
        let worked = match round(&service, &shutdown).await {
            Ok(worked) => worked,
            Err(error) => {
                tracing::warn!(%error, "deliveries wait to be normalised");
                0
            }
        };
        if worked > 0 {
            // It looks again: what arrived in a shard that it held, the other worker has passed by.
            tokio::time::sleep(REST).await;
            continue;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = service.arrived.notified() => {}
            () = tokio::time::sleep(FALLBACK) => {}
        }
    }
    Ok(())
}

/// Works once on every shard in which something waits and that nobody else has claimed.
async fn round(service: &Ingestion, shutdown: &Shutdown) -> Result<usize, WorkError> {
    let mut worked = 0;
    for shard in queue::busy_shards(&service.queue).await? {
        if shutdown.is_cancelled() {
            break;
        }
        let Some(mut claim) = queue::claim(&service.queue, shard).await? else { continue };
        let (by_org, forged) = sorted(service, queue::oldest(&mut claim, shard, TOGETHER).await?);
        if !forged.is_empty() {
            tracing::error!(
                places = forged.len(),
                "waiting deliveries that nobody here laid down are set aside"
            );
            metrics::counter!("oz_queue_places_refused_total").increment(forged.len() as u64);
            queue::set_aside(&mut claim, &forged, service.entropy.clock().now()).await?;
            worked += forged.len();
        }
        for (scope, places) in by_org {
            // One organization's trouble does not keep the others waiting.
            match organization(service, &scope, &places).await {
                Ok(done) => worked += done,
                Err(error) => tracing::warn!(%error, "an organization's deliveries wait to be normalised"),
            }
        }
        claim.commit().await.map_err(PgError::from)?;
    }
    Ok(worked)
}

/// Places by organization, in their order, and those that do not prove whose they are.
fn sorted(service: &Ingestion, waiting: Vec<Waiting>) -> (Vec<(TenantScope, Vec<Waiting>)>, Vec<Waiting>) {
    let (mut by_org, mut forged): (Vec<(TenantScope, Vec<Waiting>)>, _) = (Vec::new(), Vec::new());
    for place in waiting {
        let (org, content) = (OrgId::from_uuid(place.org_id), place.delivery_id.as_bytes());
        let scope = Ticket::from_slice(&place.ticket)
            .and_then(|ticket| TenantScope::of_ticket(&service.ticket_key, org, content, &ticket));
        match scope {
            None => forged.push(place),
            Some(scope) => match by_org.iter_mut().find(|(known, _)| known.org() == org) {
                Some((_, places)) => places.push(place),
                None => by_org.push((scope, vec![place])),
            },
        }
    }
    (by_org, forged)
}

/// Works on an organization's deliveries; if they cannot be written together, one by one, so that a bad one fails alone.
/// Returns how many it worked on.
async fn organization(
    service: &Ingestion,
    scope: &TenantScope,
    places: &[Waiting],
) -> Result<usize, WorkError> {
    let places: Vec<&Waiting> = places.iter().collect();
    match batch::work(service, scope, &places).await {
        Err(error) if !error.is_transient() => {
            for place in &places {
                match batch::work(service, scope, &[place]).await {
                    Err(error) if !error.is_transient() => fail(service, scope, place, &error).await?,
                    other => other?,
                }
            }
        }
        other => other?,
    }
    Ok(places.len())
}

/// Keeps a delivery that cannot be written as failed, to be looked at and replayed.
async fn fail(
    service: &Ingestion,
    scope: &TenantScope,
    place: &Waiting,
    error: &WorkError,
) -> Result<(), WorkError> {
    tracing::error!(%error, delivery = %place.delivery_id, "delivery could not be normalised");
    let mut tx = TenantTx::begin(&service.pool, scope).await?;
    let reason = match error {
        WorkError::Pg(_) | WorkError::Emit(EmitError::Pg(_)) => "not_storable",
        WorkError::Emit(EmitError::Event(_)) => "too_large",
        WorkError::Key(_) => "no_key",
    };
    let fate =
        Fate { delivery_id: place.delivery_id, state: "failed", reason: reason.to_owned(), drop_body: false };
    deliveries::settle(&mut tx, &[fate]).await?;
    queue::remove(&mut tx, &[place.seq]).await?;
    Ok(tx.commit().await?)
}
