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
use tokio::sync::Notify;

use crate::{
    Ingestion,
    store::{
        deliveries::{self, Fate},
        queue::{self, Waiting},
    },
};

/// Tasks of one process that normalise; each has its shards.
pub const WORKERS: usize = 2;
/// Deliveries worked on together.
const TOGETHER: usize = 200;
/// How long a worker rests after a round, so that what arrives meanwhile is worked together.
const REST: Duration = Duration::from_millis(4);
/// How long it waits when another process works on one of its shards.
const CONTENDED: Duration = Duration::from_millis(10);
/// How long a worker sleeps when nobody wakes it: the bound for what another process laid down before it died.
const FALLBACK: Duration = Duration::from_millis(250);

/// Wakes the worker whose shard it is.
#[derive(Debug, Default)]
pub(crate) struct Wakes([Notify; WORKERS]);

impl Wakes {
    /// Something arrived in these shards.
    pub(crate) fn wake(&self, shards: impl IntoIterator<Item = i16>) {
        let mut woken = [false; WORKERS];
        shards.into_iter().for_each(|shard| woken[worker_of(shard)] = true);
        self.0.iter().zip(woken).filter(|(_, woken)| *woken).for_each(|(notify, _)| notify.notify_one());
    }

    /// Something arrived somewhere.
    pub(crate) fn wake_all(&self) {
        self.0.iter().for_each(Notify::notify_one);
    }
}

fn worker_of(shard: i16) -> usize {
    usize::from(shard.unsigned_abs()) % WORKERS
}

/// What a round has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// Nothing, as far as it saw.
    Nothing,
    /// What another process holds.
    Contended,
    /// More than it took.
    More,
}

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
pub async fn run(service: Arc<Ingestion>, worker: usize, shutdown: Shutdown) -> Result<(), Infallible> {
    while !shutdown.is_cancelled() {
        let left = match round(&service, worker, &shutdown).await {
            Ok(left) => left,
            Err(error) => {
                tracing::warn!(%error, "deliveries wait to be normalised");
                Left::Nothing
            }
        };
        tokio::time::sleep(REST).await;
        let patience = match left {
            Left::More => continue,
            Left::Contended => CONTENDED,
            Left::Nothing => FALLBACK,
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = service.arrived.0[worker].notified() => {}
            () = tokio::time::sleep(patience) => {}
        }
    }
    Ok(())
}

/// Works once on every shard of the worker in which something waits and that no other process has claimed.
async fn round(service: &Ingestion, worker: usize, shutdown: &Shutdown) -> Result<Left, WorkError> {
    let mut left = Left::Nothing;
    let busy = queue::busy_shards(&service.queue).await?;
    for shard in busy.into_iter().filter(|shard| worker_of(*shard) == worker) {
        if shutdown.is_cancelled() {
            break;
        }
        let Some(mut claim) = queue::claim(&service.queue, shard).await? else {
            left = left.max(Left::Contended);
            continue;
        };
        let waiting = queue::oldest(&mut claim, shard, TOGETHER).await?;
        if waiting.len() == TOGETHER {
            left = Left::More;
        }
        let (by_org, forged) = sorted(service, waiting);
        if !forged.is_empty() {
            tracing::error!(
                places = forged.len(),
                "waiting deliveries that nobody here laid down are set aside"
            );
            metrics::counter!("oz_queue_places_refused_total").increment(forged.len() as u64);
            queue::set_aside(&mut claim, &forged, service.entropy.clock().now()).await?;
        }
        for (scope, places) in by_org {
            // One organization's trouble does not keep the others waiting.
            if let Err(error) = organization(service, &scope, &places).await {
                tracing::warn!(%error, "an organization's deliveries wait to be normalised");
                left = left.min(Left::Contended);
            }
        }
        claim.commit().await.map_err(PgError::from)?;
    }
    Ok(left)
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
async fn organization(service: &Ingestion, scope: &TenantScope, places: &[Waiting]) -> Result<(), WorkError> {
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
    Ok(())
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
    deliveries::settle(&mut tx, &[fate], &[place.seq]).await?;
    Ok(tx.commit().await?)
}
