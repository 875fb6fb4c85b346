//! The words that say a date moves or falls.

use std::sync::LazyLock;

use chrono::TimeDelta;

use crate::{phrases::Phrases, rules::View};

static MOVES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "can wait | is now due | now due | new due | new deadline | new date | deadline is | deadline moves | deadline moved | \
         deadline has | due date is | is due | are due | due on | due by | needed by | needed on | not needed | only needed | \
         is needed | are needed | no rush | postponed | postpone | postponing | pushed | pushing | push | moved | moves | move | \
         moving | shifted | shifts | shift | slips | slipped | slides | slid | slips | delayed | extended | extend | \
         rescheduled | brought forward | bring forward | pulled forward | pulling | has time | have time | take until | \
         have until | has until | instead of | rather than | not before | put back | put off | pulled in | brings forward | \
         later | earlier | is off | is gone | is dropped | is enough | early enough | is fine | by then | indefinitely | \
         further notice | no longer due | now by | already by | sooner | due",
    )
});

static ASKS: LazyLock<Phrases> = LazyLock::new(|| Phrases::parse("could you | can you | please | i will"));

static DROPS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "no deadline | deadline is off | deadline is gone | deadline is dropped | deadline falls | no longer due | \
         no fixed date | no due date | open-ended | longer a deadline | longer any deadline | further notice | indefinitely | \
         without a date | without a deadline | no new date | postponed | no date | date is off | date is open",
    )
});

/// Whether the sentence is about a date at all.
pub(super) fn speaks_of_deadline(view: &View<'_, '_>) -> bool {
    view.tokens.iter().any(|t| matches!(t.word, "deadline" | "due"))
}

/// How clearly the sentence says that a date moves.
pub(super) fn moves(view: &View<'_, '_>) -> Option<f32> {
    let says = MOVES.are_in(view) || drops_date(view);
    (says && !ASKS.are_in(view)).then_some(1.2)
}

/// The old date falls and no new one is named.
pub(super) fn drops_date(view: &View<'_, '_>) -> bool {
    DROPS.are_in(view)
}

/// "slides by a week", "two days later".
pub(super) fn moved_by(view: &View<'_, '_>) -> Option<TimeDelta> {
    (0..view.tokens.len()).find_map(|i| {
        let n = match view.word(i) {
            "a" | "one" => 1,
            "two" => 2,
            "three" => 3,
            "four" => 4,
            word => word.parse::<i64>().ok().filter(|n| (1..=60).contains(n))?,
        };
        let days = match view.word(i + 1) {
            "day" | "days" => n,
            "week" | "weeks" => n * 7,
            "fortnight" => 14,
            _ => return None,
        };
        let shifts = view.back(i, 1) == "by" || matches!(view.word(i + 2), "later" | "back");
        let earlier = view.word(i + 2) == "earlier" || view.contains(&["forward"]);
        (shifts || earlier).then(|| TimeDelta::days(if earlier { -days } else { days }))
    })
}
