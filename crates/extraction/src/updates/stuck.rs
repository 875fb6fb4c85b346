//! The words that say a task cannot go on.

use std::sync::LazyLock;

use crate::{phrases::Phrases, rules::View};

static FREE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "was blocked | no longer | unblocked | not blocked | was stuck | were stuck | not stuck | if we",
    )
});

static STRONG: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "blocked | is stuck | are stuck | am stuck | 's stuck | stuck | on hold | stalled | held up | at a standstill | hangs | \
         blocker | blocks | blocking | in limbo | dead in the water | no way forward | nothing moves | stands still | on ice | \
         stands or | can not get on | can not go on | can not continue | can not proceed | can not move | can not do anything | \
         can not start | can not finish | can not get any further | can not get further | can not be finished | \
         can not be done | can not go ahead | can not carry on | can not make progress | no progress until | go nowhere | \
         going nowhere | goes nowhere | is frozen | am blocked | waits for | has to wait for | have to wait for | \
         has to wait until | can not be | comes to a halt | grinds to",
    )
});

static WAITING: LazyLock<Phrases> = LazyLock::new(|| Phrases::parse("waiting for | waiting on | wait for"));

/// Only together with a word for what is in the way.
static DEPENDING: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::parse("depends on | can not | is waiting | impossible"));

/// How clearly the sentence says that something cannot go on.
pub(super) fn stuck(view: &View<'_, '_>) -> Option<f32> {
    if FREE.are_in(view) {
        return None;
    }
    if STRONG.are_in(view) {
        return Some(1.5);
    }
    let obstacle = view.tokens.iter().any(|t| {
        matches!(
            t.word,
            "until" | "till" | "unless" | "since" | "before" | "because" | "still" | "without" | "as"
        )
    });
    (WAITING.are_in(view) || obstacle && DEPENDING.are_in(view)).then_some(0.9)
}
