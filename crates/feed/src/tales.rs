//! Stories as everybody who may see them is told, kept for minutes: a story that has not moved is not read and opened again.
//!
//! Who sees a story, what of it they have seen and why it is shown is asked of the database for each page, names of each time the
//! directory; nothing of that is in here.

use std::{fmt, sync::Arc};

use ids::OrgId;
use quick_cache::{Weighter, sync::Cache};
use uuid::Uuid;

use crate::domain::vocabulary::{ItemKind, ThingKind, Verb};

/// How long a tale is kept, microseconds; no longer than the keys that opened it.
const LIFETIME_US: i64 = 5 * 60 * 1_000_000;
/// All of them together, bytes.
const CAPACITY: u64 = 16 << 20;
/// What a tale and one of its beats take besides their texts, bytes.
const FRAME: usize = 200;
/// A guess, for the tables.
const USUAL_TALES: usize = 10_000;

/// One activity.
#[derive(Clone)]
pub(crate) struct Beat {
    /// What was done,
    pub verb: Verb,
    /// to which kind of item,
    pub kind: ItemKind,
    /// to which.
    pub item: Uuid,
    /// Its title, or its first line.
    pub title: String,
    /// Where.
    pub url: String,
    /// When, microseconds.
    pub occurred_us: i64,
    /// By whom,
    pub account: Uuid,
    /// a bot?,
    pub bot: bool,
    /// called so by the item itself; empty when it says nothing.
    pub said: String,
}

/// A story without its listener.
#[derive(Clone)]
pub(crate) struct Tale {
    /// The position it is told of.
    pub pos: i64,
    /// What sort of thing.
    pub kind: ThingKind,
    /// Its source.
    pub source: Uuid,
    /// First activity, microseconds.
    pub first_us: i64,
    /// Newest activity, microseconds.
    pub newest_us: i64,
    /// All activities there are.
    pub count: i32,
    /// Title.
    pub title: String,
    /// Where it leads.
    pub url: String,
    /// The newest words.
    pub summary: String,
    /// The newest activities, oldest of them first.
    pub beats: Vec<Beat>,
}

impl fmt::Debug for Tale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tale(…)")
    }
}

/// Whose story.
type Key = (OrgId, Uuid);

#[derive(Clone)]
struct Kept {
    tale: Arc<Tale>,
    told_us: i64,
}

#[derive(Clone)]
struct Weigh;

impl Weighter<Key, Kept> for Weigh {
    fn weight(&self, _: &Key, Kept { tale, .. }: &Kept) -> u64 {
        let beat = |beat: &Beat| FRAME + beat.title.len() + beat.url.len() + beat.said.len();
        let texts = tale.title.len() + tale.url.len() + tale.summary.len();
        (FRAME + texts + tale.beats.iter().map(beat).sum::<usize>()) as u64
    }
}

/// The tales of all organizations, each found by its organization and story alone.
#[derive(Clone)]
pub(crate) struct Tales(Arc<Cache<Key, Kept, Weigh>>);

impl fmt::Debug for Tales {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tales(…)")
    }
}

impl Tales {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Cache::with_weighter(USUAL_TALES, CAPACITY, Weigh)))
    }

    /// The story as it was at that position, if it was told not long before `now_us`.
    pub(crate) fn get(&self, org: OrgId, story: Uuid, pos: i64, now_us: i64) -> Option<Arc<Tale>> {
        let Kept { tale, told_us } = self.0.get(&(org, story))?;
        (tale.pos == pos && now_us.saturating_sub(told_us) < LIFETIME_US).then_some(tale)
    }

    /// Keeps a tale.
    pub(crate) fn keep(&self, org: OrgId, story: Uuid, tale: Arc<Tale>, now_us: i64) {
        self.0.insert((org, story), Kept { tale, told_us: now_us });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tale(pos: i64) -> Arc<Tale> {
        Arc::new(Tale {
            pos,
            kind: ThingKind::Task,
            source: Uuid::nil(),
            first_us: 0,
            newest_us: 0,
            count: 1,
            title: "t".repeat(1000),
            url: String::new(),
            summary: String::new(),
            beats: Vec::new(),
        })
    }

    #[test]
    fn a_tale_is_of_one_organization_one_position_and_some_minutes() {
        let (tales, org, other) =
            (Tales::new(), OrgId::from_uuid(Uuid::from_u128(1)), OrgId::from_uuid(Uuid::from_u128(2)));
        let story = Uuid::from_u128(3);
        tales.keep(org, story, tale(7), 1_000);
        assert!(tales.get(org, story, 7, 2_000).is_some());
        assert!(tales.get(other, story, 7, 2_000).is_none(), "another organization's");
        assert!(tales.get(org, story, 8, 2_000).is_none(), "it has moved");
        assert!(tales.get(org, story, 7, 1_000 + LIFETIME_US).is_none(), "too old");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (tales, org) = (Tales::new(), OrgId::from_uuid(Uuid::from_u128(1)));
        for n in 0..100_000 {
            tales.keep(org, Uuid::from_u128(n), tale(1), 0);
        }
        assert!(tales.0.weight() <= CAPACITY);
    }
}
