//! A consumer of the embedded log: one database session.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use async_trait::async_trait;
use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};
use tokio::time::{Instant, sleep_until};

use super::Embedded;
use super::share::quota;
use super::store::{self, Claimable, Member};
use crate::{Batch, BusError, Consumer, Delivered, MAX_BATCH_BYTES, MAX_RECORD_BYTES};

const GROUPS_CHANNEL: &str = "oz_bus_groups";
const TOPIC_CHANNEL: &str = "oz_bus_topic_";

/// Topic and partition.
type Place = (i32, i32);

/// A partition that this consumer has.
struct Owned {
    lock_id: i32,
    /// The next offset to deliver.
    position: i64,
    /// Where another owner would begin.
    committed: i64,
    /// There may be records at the position.
    ready: bool,
}

/// The connection that is the consumer: its locks are its life and its ownership.
struct Session {
    listener: PgListener,
    member_id: i32,
    owned: BTreeMap<Place, Owned>,
    /// When to look at the group again.
    share_at: Instant,
    /// When to look at the partitions although nothing was notified.
    poll_at: Instant,
}

impl Session {
    /// Takes in what a notification says.
    fn note(&mut self, notification: &PgNotification, group: &str) {
        if notification.channel() == GROUPS_CHANNEL {
            if notification.payload() == group {
                self.share_at = Instant::now();
            }
            return;
        }
        let topic_id = notification.channel().strip_prefix(TOPIC_CHANNEL).and_then(|id| id.parse().ok());
        if let (Some(topic_id), Ok(partition)) = (topic_id, notification.payload().parse())
            && let Some(owned) = self.owned.get_mut(&(topic_id, partition))
        {
            owned.ready = true;
        }
    }

    /// The next partition after `last`, in turn, that may have records.
    fn next_ready(&self, last: Place) -> Option<Place> {
        let after = self.owned.range((Bound::Excluded(last), Bound::Unbounded));
        after.chain(self.owned.range(..=last)).find(|(_, owned)| owned.ready).map(|(place, _)| *place)
    }
}

/// A topic of the subscription.
pub(super) struct Subscribed {
    pub name: String,
    pub partitions: usize,
}

pub(super) struct EmbeddedConsumer {
    bus: Embedded,
    group: String,
    topics: HashMap<i32, Subscribed>,
    session: Option<Session>,
    last: Place,
}

impl EmbeddedConsumer {
    pub fn new(bus: Embedded, group: String, topics: HashMap<i32, Subscribed>) -> Self {
        Self { bus, group, topics, session: None, last: (0, 0) }
    }

    fn topic_ids(&self) -> Vec<i32> {
        self.topics.keys().copied().collect()
    }

    /// Enters the group with a new session, unless it has one.
    pub async fn enter(&mut self) -> Result<(), BusError> {
        if self.session.is_some() {
            return Ok(());
        }
        let topic_ids = self.topic_ids();
        store::ensure_group(&self.bus.pool, &self.group, &topic_ids).await?;
        let own_pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let own_pool = own_pool.connect_with(self.bus.connect.clone()).await?;
        let mut listener = PgListener::connect_with(&own_pool).await?;
        // A new connection would not have the locks of the old one: losing it is losing the partitions.
        listener.eager_reconnect(false);
        let channels: Vec<String> = topic_ids.iter().map(|id| format!("{TOPIC_CHANNEL}{id}")).collect();
        listener.listen_all(channels.iter().map(String::as_str).chain([GROUPS_CHANNEL])).await?;
        let member_id = store::join(&mut listener, &self.group, &topic_ids).await?;
        store::announce(&mut listener, &self.group).await?;
        let now = Instant::now();
        let poll_at = now + self.bus.options.poll_every;
        self.session = Some(Session { listener, member_id, owned: BTreeMap::new(), share_at: now, poll_at });
        Ok(())
    }

    /// Gives up what is above this member's share and takes what is free below it.
    async fn share(&mut self) -> Result<(), BusError> {
        let topic_ids = self.topic_ids();
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        let members = store::living(&mut session.listener, &self.group).await?;
        let shares: HashMap<i32, usize> = self
            .topics
            .iter()
            .map(|(&id, topic)| (id, share_of(session.member_id, &members, id, topic.partitions)))
            .collect();
        if give_up(session, &shares).await? {
            store::announce(&mut session.listener, &self.group).await?;
        }
        let partitions = store::survey(&mut session.listener, &self.group, &topic_ids).await?;
        take(session, &self.group, &partitions, &shares).await?;
        session.share_at = Instant::now() + self.bus.options.share_every;
        Ok(())
    }

    /// Reads from the partitions that may have records, in turn, until one has.
    async fn read(&mut self, max: usize) -> Result<Option<Batch>, BusError> {
        let Some(session) = self.session.as_mut() else { return Ok(None) };
        while let Some(place) = session.next_ready(self.last) {
            let Some(owned) = session.owned.get_mut(&place) else { return Ok(None) };
            let records =
                store::read(&mut session.listener, place.0, place.1, owned.position, max.max(1)).await?;
            self.last = place;
            // What arrives from here on is notified, and the notification waits in the listener.
            owned.ready = may_go_on(&records, max);
            let Some(last) = records.last() else { continue };
            owned.position = last.offset + 1;
            let topic = self.topics.get(&place.0).map(|topic| topic.name.clone()).unwrap_or_default();
            let epoch = u64::from(session.member_id.unsigned_abs());
            return Ok(Some(Batch { topic, partition: place.1, records, epoch }));
        }
        Ok(None)
    }

    /// Waits for a notification, or for the time to look without one.
    async fn wait(&mut self) -> Result<(), BusError> {
        let Some(session) = self.session.as_mut() else { return Ok(()) };
        let until = session.share_at.min(session.poll_at);
        let heard = tokio::select! {
            heard = session.listener.try_recv() => heard?,
            () = sleep_until(until) => {
                if Instant::now() >= session.poll_at {
                    session.owned.values_mut().for_each(|owned| owned.ready = true);
                    session.poll_at = Instant::now() + self.bus.options.poll_every;
                }
                return Ok(());
            }
        };
        match heard {
            Some(notification) => session.note(&notification, &self.group),
            None => self.session = None,
        }
        Ok(())
    }

    /// One round: be a member, share, read, wait.
    async fn round(&mut self, max: usize) -> Result<Option<Batch>, BusError> {
        self.enter().await?;
        if let Some(session) = self.session.as_mut() {
            while let Some(notification) = session.listener.next_buffered() {
                session.note(&notification, &self.group);
            }
            if Instant::now() >= session.share_at {
                self.share().await?;
            }
        }
        if let Some(batch) = self.read(max).await? {
            return Ok(Some(batch));
        }
        self.wait().await?;
        Ok(None)
    }

    fn place(&self, batch: &Batch) -> Option<Place> {
        let topic_id = self.topics.iter().find(|(_, topic)| topic.name == batch.topic).map(|(id, _)| *id)?;
        Some((topic_id, batch.partition))
    }

    /// The session in which the batch was read, if it still lives.
    fn session_of(&mut self, batch: &Batch) -> Option<&mut Session> {
        let session = self.session.as_mut()?;
        (u64::from(session.member_id.unsigned_abs()) == batch.epoch).then_some(session)
    }
}

/// Whether the read ended at a limit and not at the end of the log.
fn may_go_on(records: &[Delivered], max: usize) -> bool {
    let bytes: usize = records.iter().map(|delivered| delivered.record.payload.len()).sum();
    records.len() >= max || bytes + MAX_RECORD_BYTES > MAX_BATCH_BYTES
}

/// This member's share of a topic.
fn share_of(member_id: i32, members: &[Member], topic_id: i32, partitions: usize) -> usize {
    let sharers: Vec<i32> = members
        .iter()
        .filter(|member| member.topic_ids.contains(&topic_id))
        .map(|member| member.id)
        .collect();
    let rank = sharers.iter().position(|&id| id == member_id);
    rank.map_or(0, |rank| quota(partitions, sharers.len(), rank, topic_id))
}

/// Frees partitions above the shares, but none whose records are being worked: those follow when they are committed.
async fn give_up(session: &mut Session, shares: &HashMap<i32, usize>) -> Result<bool, BusError> {
    let mut gave_up = false;
    for (&topic_id, &share) in shares {
        let of_topic = session.owned.iter().filter(|(place, _)| place.0 == topic_id);
        let above = of_topic.clone().count().saturating_sub(share);
        let idle = of_topic.filter(|(_, owned)| owned.position <= owned.committed);
        let leaving: Vec<Place> = idle.map(|(place, _)| *place).rev().take(above).collect();
        for place in leaving {
            // Forgotten first: if the call is cancelled here, the next survey finds the lock.
            if let Some(owned) = session.owned.remove(&place) {
                store::unlock(&mut session.listener, owned.lock_id).await?;
                gave_up = true;
            }
        }
    }
    Ok(gave_up)
}

/// Takes free partitions up to the shares.
async fn take(
    session: &mut Session,
    group: &str,
    partitions: &[Claimable],
    shares: &HashMap<i32, usize>,
) -> Result<(), BusError> {
    for partition in partitions {
        let place = (partition.topic_id, partition.partition);
        if session.owned.contains_key(&place) {
            continue;
        }
        let have = session.owned.keys().filter(|owned| owned.0 == place.0).count();
        let wanted = shares.get(&place.0).is_some_and(|&share| have < share);
        // A cancelled call may have left a lock that is mine although the partition is not.
        let locked = match (wanted, partition.mine) {
            (false, true) => {
                store::unlock(&mut session.listener, partition.lock_id).await?;
                false
            }
            (false, false) => false,
            (true, true) => true,
            (true, false) => {
                !partition.taken && store::try_lock(&mut session.listener, partition.lock_id).await?
            }
        };
        if locked {
            let committed = store::own(&mut session.listener, group, partition, session.member_id).await?;
            let owned = Owned { lock_id: partition.lock_id, position: committed, committed, ready: true };
            session.owned.insert(place, owned);
        }
    }
    Ok(())
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn next_batch(&mut self, max: usize) -> Result<Batch, BusError> {
        loop {
            match self.round(max).await {
                Ok(Some(batch)) => return Ok(batch),
                Ok(None) => {}
                Err(error) => {
                    // The session may have been lost: its locks are given back, and the next call enters anew.
                    self.session = None;
                    return Err(error);
                }
            }
        }
    }

    async fn more(&mut self, max: usize) -> Result<Option<Batch>, BusError> {
        if let Some(session) = self.session.as_mut() {
            while let Some(notification) = session.listener.next_buffered() {
                session.note(&notification, &self.group);
            }
        }
        let found = self.read(max).await;
        if found.is_err() {
            self.session = None;
        }
        found
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), BusError> {
        let (Some(place), Some(next)) = (self.place(batch), batch.next_offset()) else { return Ok(()) };
        let member_id = i32::try_from(batch.epoch).map_err(|_| BusError::Fenced)?;
        let (pool, group) = (self.bus.pool.clone(), self.group.clone());
        if !store::commit(&pool, &group, place, member_id, next).await? {
            return Err(BusError::Fenced);
        }
        if let Some(owned) = self.session_of(batch).and_then(|session| session.owned.get_mut(&place)) {
            owned.committed = owned.committed.max(next);
        }
        Ok(())
    }

    async fn retry(&mut self, batch: &Batch) -> Result<(), BusError> {
        let (Some(place), Some(first)) = (self.place(batch), batch.first_offset()) else { return Ok(()) };
        if let Some(owned) = self.session_of(batch).and_then(|session| session.owned.get_mut(&place)) {
            owned.position = owned.position.min(first);
            owned.ready = true;
        }
        Ok(())
    }

    async fn close(mut self: Box<Self>) -> Result<(), BusError> {
        if let Some(mut session) = self.session.take() {
            store::leave(&mut session.listener, session.member_id).await?;
            store::announce(&mut session.listener, &self.group).await?;
        }
        Ok(())
    }
}
