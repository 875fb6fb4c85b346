//! Sentences that state nothing, and sentences that lean on what was said before.

use std::sync::LazyLock;

use crate::{phrases::Phrases, rules::View};

static HYPOTHESIS: LazyLock<Phrases> = LazyLock::new(|| Phrases::parse("what if | as soon as"));

/// "if", "once it is done", "would": not a fact.
pub(super) fn is_hypothetical(view: &View<'_, '_>) -> bool {
    matches!(view.word(0), "if" | "once" | "when" | "unless" | "imagine" | "suppose")
        || HYPOTHESIS.are_in(view)
}

/// "this", "it", "that one": speaks of what the thread is about.
pub(super) fn points_back(view: &View<'_, '_>) -> bool {
    view.tokens.iter().take(12).any(|t| matches!(t.word, "this" | "it" | "that" | "mine"))
}
