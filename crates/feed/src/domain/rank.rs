//! What matters most to the caller: a score by why, age, kind, who acted and whether it was seen.

use std::cmp::Reverse;

use uuid::Uuid;

use super::vocabulary::{Reason, ThingKind};

/// Age at which a story weighs half, microseconds: a day and a half.
const HALF_LIFE_US: i64 = 36 * 3600 * 1_000_000;

/// What is known of a story when it is weighed.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// Which story.
    pub story: Uuid,
    /// Its place in time.
    pub sort_us: i64,
    /// What it is about.
    pub kind: Option<ThingKind>,
    /// Only bots acted.
    pub bots: bool,
    /// Seen, as of the first page.
    pub seen: bool,
    /// How the caller takes part.
    pub taking_part: Vec<Reason>,
}

/// The score in thousandths, so that pages compare whole numbers.
#[must_use]
pub fn score(story: &Weighed, now_us: i64) -> i64 {
    let part = story.taking_part.iter().map(|reason| match reason {
        Reason::Mentioned => 6.0,
        Reason::Assigned => 5.0,
        Reason::Author => 3.0,
        Reason::Participant => 2.0,
    });
    let why: f64 = 1.0 + part.fold(0.0, f64::max);
    let kind = match story.kind {
        Some(ThingKind::ChangeRequest | ThingKind::Task) => 1.2,
        Some(ThingKind::Commit | ThingKind::Deployment | ThingKind::Event) => 0.8,
        _ => 1.0,
    };
    let bots = if story.bots { 0.5 } else { 1.0 };
    let unseen = if story.seen { 0.4 } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "ages are far below 2^53 microseconds")]
    let age = now_us.saturating_sub(story.sort_us).max(0) as f64 / HALF_LIFE_US as f64;
    let recency = 0.15 + 0.85 * (-age).exp2();
    #[expect(clippy::cast_possible_truncation, reason = "at most some tens of millions")]
    let score = (why * kind * bots * unseen * recency * 1_000_000.0) as i64;
    score
}

/// Best first; of equals the newer, then by id, so that the order is total.
pub fn sort(stories: &mut [(i64, Weighed)]) {
    stories.sort_by_key(|(score, story)| (Reverse(*score), Reverse(story.story)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story() -> Weighed {
        Weighed {
            story: Uuid::nil(),
            sort_us: 0,
            kind: Some(ThingKind::Conversation),
            bots: false,
            seen: false,
            taking_part: vec![],
        }
    }

    #[test]
    fn what_concerns_the_caller_outweighs_what_is_merely_new() {
        let mentioned = Weighed { taking_part: vec![Reason::Mentioned], ..story() };
        let newer = Weighed { sort_us: HALF_LIFE_US, ..story() };
        assert!(score(&mentioned, HALF_LIFE_US) > score(&newer, HALF_LIFE_US));
    }

    #[test]
    fn seen_old_and_automatic_sink() {
        let now = HALF_LIFE_US;
        let base = score(&story(), now);
        assert!(score(&Weighed { seen: true, ..story() }, now) < base);
        assert!(score(&Weighed { bots: true, ..story() }, now) < base);
        assert!(score(&Weighed { sort_us: -HALF_LIFE_US, ..story() }, now) < base);
        assert!(score(&Weighed { sort_us: i64::MAX, ..story() }, now) > 0);
        assert!(score(&Weighed { sort_us: i64::MIN, ..story() }, now) > 0);
    }
}
