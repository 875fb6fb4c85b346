//! The words that say a task is finished, and those that say it is not quite.

use std::sync::LazyLock;

use crate::{lexicon, phrases::Phrases, rules::View, tokens::Shape};

static UNFINISHED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "not | never | almost | nearly | halfway | half | nowhere | yet | soon | will | should | would | until | mostly | \
         partly | partially | the rest | going to | to be | needs | need | except | hardly | barely | isn | still | must | \
         once | when | if | tomorrow | can be done | getting | being | some of | most of | first half | draft of | without | % | \
         unfinished | as good as | close to | about to | before",
    )
});

static FINISHED_AFTER_ALL: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse("can be closed | can be ticked | not only | nothing left | no longer open")
});

static CLOSED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "can be ticked | can be closed | is off my | ticked off | crossed off | in place | closing this | \u{2705} | all done | \
         nothing left",
    )
});

static HERE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::parse(
        "this one is fixed | this one is done | this is fixed | this is done | this is now | it is done | it 's done | \
         it is fixed | it 's fixed | it is live | it 's live | that one is done | that 's done | done here | done and dusted | \
         closing this | closing it | can be closed | can be ticked | this one 's done | mine is done | all done | i am done | \
         it is merged | it is in | is finished | is done | are done",
    )
});

/// Halfway, almost, not yet, tomorrow: not finished now.
pub(super) fn is_unfinished(view: &View<'_, '_>) -> bool {
    UNFINISHED.are_in(view) && !FINISHED_AFTER_ALL.are_in(view)
}

/// How clearly the sentence says that the named task is finished. `is_verb` knows the forms of the task's own verb.
pub(super) fn finished(view: &View<'_, '_>, is_verb: impl Fn(&str) -> bool) -> Option<f32> {
    if CLOSED.are_in(view) {
        return Some(1.6);
    }
    (0..view.tokens.len()).find_map(|i| {
        let word = view.word(i);
        let own = (word.ends_with("ed") || lexicon::has(&lexicon::PARTICIPLES, word)) && is_verb(word);
        if !(own || lexicon::has(&lexicon::FINISHED, word)) || view.tokens[i].shape != Shape::Word {
            return None;
        }
        let before = (1..=4).map(|n| view.back(i, n)).find(|w| {
            !matches!(
                *w,
                "now"
                    | "just"
                    | "all"
                    | "finally"
                    | "already"
                    | "been"
                    | "also"
                    | "both"
                    | "back"
                    | "successfully"
            )
        });
        let before = before.unwrap_or("");
        let stated = matches!(
            before,
            "is" | "are" | "has" | "have" | "was" | "were" | "got" | "'s" | "i" | "we" | "am" | "and"
        );
        let particle = matches!(word, "up" | "out" | "live" | "online" | "over" | "ready" | "in");
        let own_report = own && !matches!(before, "be" | "to" | "you" | "they" | "the" | "a" | "who");
        let bare =
            before.is_empty() || view.starts_clause(i) || matches!(view.word(i + 1), "" | "." | "!" | ",");
        if stated && !(particle && matches!(before, "i" | "we" | "and" | "have" | "got" | "am")) {
            Some(if own { 1.6 } else { 1.3 })
        } else if own_report || bare && !particle {
            Some(0.9)
        } else {
            None
        }
    })
}

/// "Done here.", "this one is fixed", "Merged.": speaks of the thread's own task.
pub(super) fn finished_here(view: &View<'_, '_>) -> bool {
    let short = view.tokens.iter().filter(|t| !t.is_mark()).count() <= 4;
    let head = matches!(
        view.word(0),
        "done"
            | "finished"
            | "fixed"
            | "merged"
            | "shipped"
            | "deployed"
            | "sent"
            | "delivered"
            | "resolved"
            | "completed"
            | "closing"
    );
    let this = HERE.are_in(view);
    this || head && (short || matches!(view.word(1), "," | "!" | "." | "and" | "in" | "with" | ":"))
}
