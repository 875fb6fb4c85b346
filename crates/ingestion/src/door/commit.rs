//! Group commit: deliveries that arrive together are made durable together.
//!
//! A bounded channel, as many entries as are waiting, one statement, then the answers: no cost when idle, and under load one
//! flush to disk serves many.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use ids::{DeliveryId, IntegrationId, OrgId, SourceId};
use lifecycle::Shutdown;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Ingestion,
    domain::identity,
    store::door::{self, Arrivals, Counts},
};

/// Entries waiting at most; beyond this the door waits with them, and providers see a slow answer instead of a lost delivery.
const WAITING: usize = 4096;
/// Entries in one commit at most.
const TOGETHER: usize = 256;

/// A delivery to lay down.
pub struct Arrival {
    pub org: OrgId,
    pub integration: IntegrationId,
    pub source: Option<SourceId>,
    pub id: DeliveryId,
    pub dedupe: [u8; 32],
    pub event: String,
    pub body: Vec<u8>,
}

/// Something that is only counted.
pub struct Count {
    pub org: OrgId,
    pub integration: IntegrationId,
    pub event: String,
    pub outcome: &'static str,
    pub reason: &'static str,
}

/// What the sender is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on disk, or was before, or is counted.
    Durable,
    /// It is not; try again.
    NotStored,
}

enum Entry {
    Arrival(Box<Arrival>, oneshot::Sender<Outcome>),
    Count(Count, oneshot::Sender<Outcome>),
}

/// The door's end.
#[derive(Clone)]
pub struct Acceptor(mpsc::Sender<Entry>);

impl Acceptor {
    /// Lays a delivery down; answers after the commit.
    pub async fn accept(&self, arrival: Arrival) -> Outcome {
        let (told, answer) = oneshot::channel();
        self.send(Entry::Arrival(Box::new(arrival), told), answer).await
    }

    /// Counts; answers after the commit.
    pub async fn count(&self, count: Count) -> Outcome {
        let (told, answer) = oneshot::channel();
        self.send(Entry::Count(count, told), answer).await
    }

    async fn send(&self, entry: Entry, answer: oneshot::Receiver<Outcome>) -> Outcome {
        if self.0.send(entry).await.is_err() {
            return Outcome::NotStored;
        }
        answer.await.unwrap_or(Outcome::NotStored)
    }
}

/// The committing end.
pub struct Committer {
    service: Arc<Ingestion>,
    entries: mpsc::Receiver<Entry>,
}

/// Both ends.
pub fn acceptor(service: Arc<Ingestion>) -> (Acceptor, Committer) {
    let (sender, entries) = mpsc::channel(WAITING);
    (Acceptor(sender), Committer { service, entries })
}

impl Committer {
    /// Commits until shutdown, and then what is still waiting.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut together = Vec::with_capacity(TOGETHER);
        loop {
            tokio::select! {
                biased;
                count = self.entries.recv_many(&mut together, TOGETHER) => if count == 0 { return Ok(()) },
                () = shutdown.cancelled() => {
                    self.entries.close();
                    if self.entries.is_empty() { return Ok(()) }
                    continue;
                }
            }
            self.commit(&mut together).await;
        }
    }

    async fn commit(&self, together: &mut Vec<Entry>) {
        let now = self.service.entropy.clock().now();
        let (mut arrivals, mut told, mut counted) = (Arrivals::default(), Vec::new(), Vec::new());
        let mut counts: BTreeMap<(OrgId, IntegrationId, String, &'static str, &'static str), i64> =
            BTreeMap::new();
        for entry in together.drain(..) {
            match entry {
                Entry::Arrival(arrival, answer) => {
                    told.push((answer, (arrival.org, arrival.integration, arrival.event.clone())));
                    self.push(&mut arrivals, *arrival);
                }
                Entry::Count(count, answer) => {
                    let key = (count.org, count.integration, count.event, count.outcome, count.reason);
                    *counts.entry(key).or_default() += 1;
                    counted.push(answer);
                }
            }
        }
        if !told.is_empty() {
            match door::accept(&self.service.pool, &arrivals, now).await {
                Ok(outcomes) => {
                    self.service.arrived.wake(arrivals.shards.iter().copied());
                    for ((answer, (org, integration, event)), outcome) in told.into_iter().zip(outcomes) {
                        let not_stored = match outcome.as_str() {
                            "repeated" => Some(("repeated", "")),
                            "source_not_shared" => Some(("skipped", "source_not_shared")),
                            _ => None,
                        };
                        match not_stored {
                            Some((outcome, reason)) => {
                                *counts.entry((org, integration, event, outcome, reason)).or_default() += 1;
                                counted.push(answer);
                            }
                            None => tell(answer, Outcome::Durable),
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, deliveries = told.len(), "deliveries were not stored");
                    told.into_iter().for_each(|(answer, _)| tell(answer, Outcome::NotStored));
                }
            }
        }
        let outcome = self.count(counts, now).await;
        counted.into_iter().for_each(|answer| tell(answer, outcome));
    }

    fn push(&self, arrivals: &mut Arrivals, arrival: Arrival) {
        let container = arrival.source.map_or(arrival.integration.uuid(), SourceId::uuid);
        let ticket = self.service.ticket_key.issue(arrival.org, arrival.id.uuid().as_bytes());
        arrivals.orgs.push(arrival.org.uuid());
        arrivals.integrations.push(arrival.integration.uuid());
        arrivals.sources.push(arrival.source.map(SourceId::uuid));
        arrivals.ids.push(arrival.id.uuid());
        arrivals.dedupes.push(arrival.dedupe.to_vec());
        arrivals.events.push(arrival.event);
        arrivals.bodies.push(arrival.body);
        arrivals.shards.push(identity::shard(container));
        arrivals.tickets.push(ticket.as_bytes().to_vec());
    }

    async fn count(
        &self,
        counts: BTreeMap<(OrgId, IntegrationId, String, &'static str, &'static str), i64>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Outcome {
        if counts.is_empty() {
            return Outcome::Durable;
        }
        let mut columns = Counts::default();
        for ((org, integration, event, outcome, reason), count) in counts {
            columns.orgs.push(org.uuid());
            columns.integrations.push(integration.uuid());
            columns.events.push(event);
            columns.outcomes.push(outcome.to_owned());
            columns.reasons.push(reason.to_owned());
            columns.counts.push(count);
        }
        match door::count(&self.service.pool, &columns, now).await {
            Ok(()) => Outcome::Durable,
            Err(error) => {
                tracing::warn!(%error, "the coverage ledger was not written");
                Outcome::NotStored
            }
        }
    }
}

/// Tells the sender, who may have gone away meanwhile.
fn tell(answer: oneshot::Sender<Outcome>, outcome: Outcome) {
    let _gone = answer.send(outcome);
}
