//! Something concrete for the group or for nobody in particular.

use std::sync::LazyLock;

use super::{Owner, Signal, View, heads, signal};
use crate::{finding::Kind::Proposal, lexicon, sentences::Marker};

/// Phrases in front of a verb, with their weight.
const PHRASES: [(&[&str], f32); 44] = [
    (&["someone", "should"], 1.9),
    (&["somebody", "should"], 1.9),
    (&["someone", "needs", "to"], 1.9),
    (&["somebody", "needs", "to"], 1.9),
    (&["someone", "has", "to"], 1.9),
    (&["somebody", "has", "to"], 1.9),
    (&["someone", "must"], 1.9),
    (&["somebody", "must"], 1.9),
    (&["someone", "ought", "to"], 1.8),
    (&["somebody", "ought", "to"], 1.8),
    (&["one", "of", "us", "should"], 1.9),
    (&["one", "of", "us", "needs", "to"], 1.9),
    (&["one", "of", "us", "has", "to"], 1.9),
    (&["we", "should"], 1.2),
    (&["we", "need", "to"], 1.2),
    (&["we", "have", "to"], 1.0),
    (&["we", "must"], 1.3),
    (&["we", "ought", "to"], 1.3),
    (&["we", "would", "better"], 1.3),
    (&["we", "better"], 1.2),
    (&["we", "will"], 0.9),
    (&["we", "are", "going", "to"], 0.9),
    (&["we", "shall"], 1.0),
    (&["shall", "we"], 1.5),
    (&["should", "we"], 0.1),
    (&["how", "about", "we"], 1.7),
    (&["what", "about", "we"], 1.2),
    (&["why", "do", "not", "we"], 1.7),
    (&["suggest", "we"], 1.9),
    (&["suggest", "that", "we"], 1.9),
    (&["propose", "we"], 1.9),
    (&["propose", "that", "we"], 1.9),
    (&["propose", "to"], 1.8),
    (&["agreed", "to"], 1.2),
    (&["decided", "to"], 1.0),
    (&["idea", ":", "we"], 1.9),
    (&["proposal", ":", "we"], 2.0),
    (&["suggestion", ":", "we"], 2.0),
    (&["agreed", ":", "we"], 2.0),
    (&["decision", ":", "we"], 2.0),
    (&["plan", ":", "we"], 1.9),
    (&["vote", "we"], 1.7),
    (&["vote", "to"], 1.5),
    (&["everybody", "should"], 1.4),
];

pub(super) fn find(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    for i in 0..view.tokens.len() {
        if view.word(i) == "let" && view.word(i + 1) == "us" {
            let_us(view, i, out);
        }
        phrase(view, i, out);
        passive(view, i, out);
        gerund(view, i, out);
    }
    open_line(view, out);
}

fn plan(head: usize, verb: usize, weight: f32, code: &'static str, text: &'static str) -> Signal {
    signal(Proposal, head, verb, weight, Owner::Nobody, code, text)
}

fn let_us(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let at = view.skip(i + 2);
    let to_others = view.word(i + 2) == "know"
        || matches!(view.back(i, 1), "it" | "that" | "to" | "will" | "would" | "not");
    if to_others || lexicon::has(&lexicon::NO_PLAN, view.word(at)) {
        return;
    }
    if let Some(weight) = view.verb_weight(at) {
        out.push(plan(i, at, 1.7 + weight, "let_us", "suggests that the group does it"));
    }
}

static HEADS: LazyLock<Vec<&str>> = LazyLock::new(|| heads(&PHRASES, |row| row.0));

fn phrase(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    if !lexicon::has(&HEADS, view.word(i)) {
        return;
    }
    for (words, weight) in &PHRASES {
        if words[0] != view.word(i) || !view.reads(i, words) {
            continue;
        }
        let mut verb = view.skip(i + words.len());
        if view.word(verb) == "go" && view.word(verb + 1) == "and" {
            verb += 2;
        }
        if matches!(
            view.back(i, 1),
            "if" | "what" | "how" | "when" | "why" | "where" | "once" | "do" | "that"
        ) && view.back(i, 2) != "agreed"
        {
            continue;
        }
        let known = lexicon::is_action(view.word(verb));
        let plain = !lexicon::has(&lexicon::STATIVE, view.word(verb))
            && !lexicon::has(&lexicon::NO_PLAN, view.word(verb))
            && view.verb_weight(verb).is_some_and(|w| w > 0.0);
        if !known && !plain {
            continue;
        }
        let something = matches!(view.word(verb + 1), "something" | "anything")
            || matches!(view.word(verb), "talk" | "look" | "try" | "wait" | "see");
        let weight = weight + 0.4 - if something && !view.dated { 1.2 } else { 0.0 };
        out.push(plan(i, verb, weight, "should", "says what the group or somebody should do"));
    }
}

/// "the forms need to be in by Friday": only with a day, otherwise it is an opinion.
fn passive(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    if !matches!(view.word(i), "need" | "needs" | "has" | "have" | "must" | "should") {
        return;
    }
    let heads = [
        &["need", "to", "be"][..],
        &["needs", "to", "be"],
        &["has", "to", "be"],
        &["have", "to", "be"],
        &["must", "be"],
        &["should", "be"],
        &["need", "to", "go"],
        &["needs", "to", "go"],
    ];
    let Some(head) = heads.iter().find(|words| words[0] == view.word(i) && view.reads(i, words)) else {
        return;
    };
    if !view.dated
        || view.sentence.question
        || matches!(view.back(i, 1), "i" | "you" | "we" | "it" | "he" | "she" | "")
    {
        return;
    }
    let at = i + head.len();
    let participle = view.word(at).ends_with("ed")
        || matches!(
            view.word(at),
            "sent"
                | "done"
                | "paid"
                | "in"
                | "out"
                | "with"
                | "ready"
                | "made"
                | "written"
                | "built"
                | "bought"
                | "up"
                | "off"
                | "online"
                | "signed"
        );
    if participle {
        out.push(plan(
            i,
            0,
            if head[0] == "should" { 0.2 } else { 0.8 },
            "must_be_done",
            "says what has to be done by a day",
        ));
    }
}

/// "I suggest moving the call to Friday", "how about splitting it?".
fn gerund(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    if !matches!(view.word(i), "suggest" | "propose" | "how" | "recommend") {
        return;
    }
    let head = [&["suggest"][..], &["propose"], &["how", "about"], &["recommend"]]
        .into_iter()
        .find(|words| words[0] == view.word(i) && view.reads(i, words));
    let Some(head) = head else { return };
    let at = i + head.len();
    if let Some(base) = lexicon::from_ing(view.word(at)) {
        let mut found = plan(i, at, 1.6, "suggests", "suggests doing it");
        found.lead_word = Some(base);
        out.push(found);
    }
}

/// An unticked line, or one that begins "TODO:", without a name.
fn open_line(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    if !view.sentence.heads_line {
        return;
    }
    let named = (0..view.tokens.len()).any(|i| view.people.at(view.tokens, i).is_some());
    let label = matches!(view.word(0), "todo" | "action" | "to-do" | "ai") && view.word(1) == ":";
    let item = view.reads(0, &["action", "item", ":"]) || view.reads(0, &["next", "step", ":"]);
    if named || !(view.sentence.marker == Marker::Unticked || label || item) {
        return;
    }
    let verb = if item { 3 } else { usize::from(label) * 2 };
    out.push(plan(0, verb, 2.2, "open_line", "an open line of a checklist"));
}
