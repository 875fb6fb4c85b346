//! The words that give a task to another owner.

use std::sync::LazyLock;

use crate::{phrases::Phrases, rules::View, tokens::Token};

static ASKS: LazyLock<Phrases> = LazyLock::new(|| Phrases::parse("could you | can you | would you | not"));

/// Who owns it from now on.
pub(super) fn new_owner(view: &View<'_, '_>, addressee: Option<usize>) -> Option<usize> {
    if ASKS.are_in(view) {
        return None;
    }
    (0..view.tokens.len())
        .find_map(|i| owner_after(view, i, addressee).or_else(|| owner_before(view, i, addressee)))
}

fn person(view: &View<'_, '_>, i: usize, addressee: Option<usize>) -> Option<(usize, usize)> {
    match view.word(i) {
        "you" => addressee.map(|p| (p, 1)),
        "me" => view.author.map(|p| (p, 1)),
        _ => view.people.at(view.tokens, i),
    }
}

/// "handing it to Ana", "moves from Ravi to Cecilie", "over to you", "owner: Ana".
fn owner_after(view: &View<'_, '_>, i: usize, addressee: Option<usize>) -> Option<usize> {
    let led = match view.word(i) {
        "to" => {
            let handing = |t: &Token<'_>| {
                matches!(
                    t.word,
                    "handing"
                        | "hand"
                        | "handed"
                        | "hands"
                        | "passing"
                        | "pass"
                        | "passed"
                        | "passes"
                        | "giving"
                        | "gave"
                        | "give"
                        | "given"
                        | "assigning"
                        | "assign"
                        | "assigned"
                        | "reassigning"
                        | "reassigned"
                        | "reassign"
                        | "transferring"
                        | "transferred"
                        | "move"
                        | "moves"
                        | "moved"
                        | "moving"
                        | "goes"
                        | "go"
                        | "going"
                        | "over"
                        | "switches"
                        | "switched"
                        | "belongs"
                        | "falls"
                        | "shifts"
                        | "delegated"
                        | "delegating"
                        | "went"
                )
            };
            view.tokens[i.saturating_sub(12)..i].iter().any(handing)
        }
        "with" => matches!(view.back(i, 1), "now" | "is" | "lies" | "lands"),
        "owner" => true,
        "by" => {
            view.back(i, 1) == "over"
                || matches!(view.back(i, 1), "handled" | "done") && view.contains(&["now"])
        }
        _ => false,
    };
    if !led {
        return None;
    }
    let at = if matches!(view.word(i + 1), "is" | ":" | "now") { i + 2 } else { i + 1 };
    person(view, at, addressee).map(|(p, _)| p)
}

/// "tomasz is taking it over", "@sannedw is the owner now", "I'll take TW-3 off Dan".
fn owner_before(view: &View<'_, '_>, i: usize, addressee: Option<usize>) -> Option<usize> {
    let (who, len) = if view.word(i) == "i" { (view.author?, 1) } else { person(view, i, addressee)? };
    let mut at = i + len;
    while matches!(
        view.word(at),
        "is" | "are"
            | "am"
            | "will"
            | "now"
            | "has"
            | "have"
            | "kindly"
            | "be"
            | "'s"
            | "just"
            | "already"
            | "agreed"
            | "to"
            | "going"
            | "would"
    ) {
        at += 1;
    }
    let rest = at..view.tokens.len().min(at + 16);
    let within = |words: &[&str]| rest.clone().any(|n| view.reads(n, words));
    let theirs = view.word(i + len) == "'s"
        && (view.word(i + len + 1) == "now"
            || matches!(view.back(i, 1), "is" | "are" | "now")
                && view.word(i + len + 1) != "turn"
                && view.tokens.get(i + len + 1).is_none_or(Token::is_mark));
    let from_now = view.contains(&["from", "now", "on"]) || view.contains(&["from", "here", "on"]);
    let looks = view.word(at) == "looks" && view.word(at + 1) == "after" && from_now;
    let takes = matches!(view.word(at), "taking" | "takes" | "take" | "took" | "taken" | "picks" | "picking")
        && (within(&["over"])
            || within(&["from", "me"])
            || within(&["off"])
            || within(&["instead"])
            || within(&["from", "now", "on"])
            || within(&["from", "here"])
            || within(&["from"])
            || within(&["now"]));
    let owns = matches!(view.word(at), "owns" | "inherits" | "inherited" | "own")
        || view.reads(at, &["the", "owner"])
        || view.reads(at, &["the", "new", "owner"])
        || view.reads(at, &["responsible", "for"])
        || view.reads(at, &["in", "charge", "of"])
        || matches!(view.word(at), "steps" | "stepping") && view.word(at + 1) == "in"
        || matches!(view.word(at), "does" | "doing" | "do" | "handles" | "handling" | "covers" | "covering")
            && (within(&["instead"]) || within(&["from", "now", "on"]) || within(&["from", "here"]));
    (takes || owns || theirs || looks).then_some(who)
}
