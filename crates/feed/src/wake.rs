//! Waking streams when their organization's feed moved: at once for commits of this process, within a second for others'.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ids::OrgId;
use lifecycle::Shutdown;
use pg::QueuePool;
use tokio::sync::watch;

/// How often positions are looked up for commits of other processes.
const POLL: Duration = Duration::from_secs(1);

/// Who waits for which organization. The value counts wakes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakes(Arc<Mutex<HashMap<OrgId, watch::Sender<u64>>>>);

impl Wakes {
    /// Wakes of one organization from now on.
    pub(crate) fn subscribe(&self, org: OrgId) -> watch::Receiver<u64> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, sender| sender.receiver_count() > 0);
        waiting.entry(org).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// Wakes the organization's streams.
    pub(crate) fn wake(&self, org: OrgId) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiting.get(&org) {
            sender.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn waited_for(&self) -> Vec<OrgId> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().filter(|(_, sender)| sender.receiver_count() > 0).map(|(org, _)| *org).collect()
    }

    /// Looks for commits of other processes until shutdown.
    pub(crate) async fn watch(
        self,
        pool: QueuePool,
        shutdown: Shutdown,
    ) -> Result<(), std::convert::Infallible> {
        let mut known: HashMap<OrgId, i64> = HashMap::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(POLL) => {}
            }
            let orgs = self.waited_for();
            known.retain(|org, _| orgs.contains(org));
            if orgs.is_empty() {
                continue;
            }
            match crate::store::stream::positions(&pool, &orgs).await {
                Ok(positions) => {
                    for (org, pos) in positions {
                        if known.insert(org, pos) != Some(pos) {
                            self.wake(org);
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "streams wait for the database"),
            }
        }
    }
}
