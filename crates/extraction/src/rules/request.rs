//! The author asks somebody, or the group, to do something concrete.

use std::sync::LazyLock;

use super::{Owner, Signal, View, heads, imperative, signal};
use crate::{finding::Kind::Request, lexicon, tokens::Shape};

pub(super) fn find(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    for i in 0..view.tokens.len() {
        match view.word(i) {
            "can" | "could" | "would" | "will" | "might" => modal_question(view, i, out),
            "please" | "kindly" => please(view, i, out),
            "mind" if view.sentence.question && view.starts_clause(i) => {
                mind(view, i, view.skip(i + 1), Owner::You, out)
            }
            "who" => volunteer(view, i, out),
            "need" | "needs" => needed(view, i, out),
            "" => {}
            _ => {}
        }
        phrase(view, i, out);
    }
    imperative::addressed(view, out);
    imperative::bare(view, out);
    imperative::minutes(view, out);
}

/// "you", "anyone", "one of you", a name: who is asked, and where the verb may begin.
fn asked(view: &View<'_, '_>, i: usize) -> Option<(Owner, usize)> {
    match view.word(i) {
        "you" => {
            let group =
                matches!(view.word(i + 1), "all" | "guys" | "both" | "two") || view.word(i + 1) == "folks";
            Some((if group { Owner::Nobody } else { Owner::You }, i + 1 + usize::from(group)))
        }
        "anyone" | "anybody" | "someone" | "somebody" | "everyone" | "everybody" | "yall" => {
            Some((Owner::Nobody, i + 1))
        }
        "one" | "any" | "either" | "some" | "all" | "each" | "both" if view.reads(i + 1, &["of", "you"]) => {
            Some((Owner::Nobody, i + 3))
        }
        _ => view.people.at(view.tokens, i).map(|(person, len)| (Owner::Person(person), i + len)),
    }
}

fn modal_question(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let receives = view.word(i + 1) == "i"
        && matches!(view.word(i + 2), "get" | "have")
        && matches!(view.word(i + 3), "the" | "your" | "that" | "those" | "these");
    if receives && view.sentence.question {
        let mut found = signal(Request, i, i + 3, 1.8, Owner::You, "asks_for", "asks somebody for a thing");
        found.lead_word = Some("Provide");
        out.push(found);
        return;
    }
    let Some((owner, next)) = asked(view, i + 1) else { return };
    let mut at = view.skip(next);
    for polite in [
        &["be", "so", "kind", "as", "to"][..],
        &["be", "so", "kind", "and"],
        &["be", "so", "good", "as", "to"],
        &["be", "able", "to"],
        &["be", "willing", "to"],
        &["be", "up", "for"],
        &["find", "the", "time", "to"],
        &["find", "time", "to"],
        &["do", "me", "a", "favor", "and"],
        &["do", "me", "a", "favour", "and"],
    ] {
        if view.reads(at, polite) {
            at = view.skip(at + polite.len());
        }
    }
    if view.word(at) == "mind" {
        mind(view, i, view.skip(at + 1), owner, out);
        return;
    }
    let Some(weight) = question_verb(view, at) else { return };
    let third = matches!(owner, Owner::Person(_)) && matches!(view.word(i), "will" | "would" | "might");
    let statement = !view.starts_clause(i) && !view.sentence.question;
    let off = if third { -1.0 } else { 0.0 } + if statement { -0.8 } else { 0.0 };
    out.push(signal(Request, i, at, 1.9 + weight + off, owner, "asks", "asks somebody to do it"));
}

/// "would you mind sending us the drawing?", "Ben, mind taking the keys back?".
fn mind(view: &View<'_, '_>, head: usize, verb: usize, owner: Owner, out: &mut Vec<Signal>) {
    if let Some(base) = lexicon::from_ing(view.word(verb)) {
        let mut found =
            signal(Request, head, verb, 2.8, owner, "asks_mind", "asks whether somebody minds doing it");
        found.lead_word = Some(base);
        out.push(found);
    }
}

/// A verb of doing; "can you see…", "could you tell me when…" only want to know.
fn question_verb(view: &View<'_, '_>, at: usize) -> Option<f32> {
    let (word, next) = (view.word(at), view.word(at + 1));
    match word {
        "have"
            if matches!(next, "a" | "the" | "it" | "this" | "that" | "them" | "another")
                && view.word(at + 2) != "problem" =>
        {
            Some(0.4)
        }
        "tell" if !matches!(next, "me" | "us" | "if" | "whether" | "from") => Some(0.4),
        "be" | "not" => None,
        _ if lexicon::has(&lexicon::STATIVE, word) => None,
        "let" => (view.reads(at, &["let", "me", "know"]) && view.dated).then_some(0.0),
        _ => view.verb_weight(at),
    }
}

fn please(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let at = view.skip(i + 1);
    let owner =
        if (i + 1..at).any(|n| matches!(view.word(n), "all" | "both")) { Owner::Nobody } else { Owner::You };
    if let Some(next) = view.tokens.get(at).filter(|t| t.shape == Shape::Word && !t.quoted) {
        if next.word == "let" && matches!(view.word(at + 1), "me" | "us") && view.word(at + 2) == "have" {
            let mut found = signal(Request, i, at + 3, 2.4, owner, "please", "says please and what");
            found.lead_word = Some("Provide");
            out.push(found);
            return;
        }
        if lexicon::has(&lexicon::COURTESY, next.word) {
            return;
        }
        if let Some((Owner::Person(person), verb)) =
            asked(view, at).filter(|(_, verb)| lexicon::is_action(view.word(view.skip(*verb))))
        {
            out.push(signal(
                Request,
                i,
                view.skip(verb),
                2.2,
                Owner::Person(person),
                "please",
                "says please and what",
            ));
            return;
        }
        let make_sure = view.reads(at, &["make", "sure"])
            || view.reads(at, &["be", "sure"])
            || view.reads(at, &["do", "not", "forget", "to"]);
        if let Some(weight) = view.verb_weight(at).or(make_sure.then_some(0.4)) {
            out.push(signal(Request, i, at, 2.0 + weight, owner, "please", "says please and what"));
            return;
        }
    }
    if let Some(verb) = imperative::before(view, i) {
        out.push(signal(
            Request,
            verb,
            verb,
            2.2,
            owner,
            "please_after",
            "an instruction with please behind it",
        ));
    }
}

/// "who can take the keys?", "who is free to drive?".
fn volunteer(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let heads: [&[&str]; 11] = [
        &["who", "can"],
        &["who", "could"],
        &["who", "will"],
        &["who", "would"],
        &["who", "wants", "to"],
        &["who", "has", "time", "to"],
        &["who", "is", "able", "to"],
        &["who", "is", "free", "to"],
        &["who", "is", "up", "for"],
        &["who", "'s", "up", "for"],
        &["who", "volunteers", "to"],
    ];
    for head in heads {
        let at = view.skip(i + head.len());
        if view.reads(i, head) && lexicon::is_action(view.word(at)) && view.sentence.question {
            out.push(signal(
                Request,
                i,
                at,
                1.8,
                Owner::Nobody,
                "asks_group",
                "asks the group for somebody to do it",
            ));
        }
    }
}

/// "I would need the press text by the 3rd", "we still need your numbers".
fn needed(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let mut before = i;
    while before > 0
        && matches!(
            view.word(before - 1),
            "would" | "will" | "still" | "really" | "also" | "do" | "just" | "urgently"
        )
    {
        before -= 1;
    }
    let subject = view.back(before, 1);
    let object = i + 1;
    let spoken = matches!(subject, "i" | "we") || before == 0 && i == 0;
    if !spoken || matches!(view.word(object), "to" | "" | "not" | "you" | "more" | "help") {
        return;
    }
    let from_you = (object..view.tokens.len()).any(|n| {
        view.word(n) == "from" && (view.word(n + 1) == "you" || view.people.at(view.tokens, n + 1).is_some())
    }) || view.word(object) == "your";
    let deadline = view.dated
        && (object..view.tokens.len()).any(|n| {
            matches!(
                view.word(n),
                "by" | "until"
                    | "till"
                    | "before"
                    | "today"
                    | "tomorrow"
                    | "tonight"
                    | "eod"
                    | "on"
                    | "back"
                    | "within"
            )
        });
    let weight = if from_you { 1.9 } else { 0.2 } + if deadline { 0.8 } else { 0.0 };
    let mut found = signal(
        Request,
        before.saturating_sub(1),
        object,
        weight,
        Owner::You,
        "needs",
        "says what is needed of somebody",
    );
    found.lead_word = Some("Provide");
    out.push(found);
}

/// Set phrases in front of a verb.
const PHRASES: [(&[&str], f32, Owner); 36] = [
    (&["ask", "you", "to"], 2.0, Owner::You),
    (&["asking", "you", "to"], 2.0, Owner::You),
    (&["like", "you", "to"], 2.0, Owner::You),
    (&["love", "you", "to"], 1.6, Owner::You),
    (&["need", "you", "to"], 2.1, Owner::You),
    (&["want", "you", "to"], 1.8, Owner::You),
    (&["if", "you", "could"], 1.7, Owner::You),
    (&["if", "you", "can"], 0.4, Owner::You),
    (&["if", "you", "would"], 1.4, Owner::You),
    (&["if", "someone", "could"], 1.8, Owner::Nobody),
    (&["if", "somebody", "could"], 1.8, Owner::Nobody),
    (&["if", "anyone", "could"], 1.8, Owner::Nobody),
    (&["chance", "you", "could"], 2.0, Owner::You),
    (&["chance", "you", "can"], 2.0, Owner::You),
    (&["possible", "for", "you", "to"], 1.9, Owner::You),
    (&["you", "need", "to"], 1.0, Owner::You),
    (&["you", "will", "need", "to"], 1.2, Owner::You),
    (&["you", "have", "to"], 0.8, Owner::You),
    (&["you", "must"], 0.9, Owner::You),
    (&["you", "should"], 0.5, Owner::You),
    (&["are", "you", "able", "to"], 1.6, Owner::You),
    (&["have", "time", "to"], 1.2, Owner::You),
    (&["remember", "to"], 1.6, Owner::You),
    (&["not", "forget", "to"], 1.8, Owner::You),
    (&["trust", "you", "to"], 1.2, Owner::You),
    (&["rely", "on", "you", "to"], 1.6, Owner::You),
    (&["you", "are", "requested", "to"], 2.0, Owner::You),
    (&["are", "asked", "to"], 1.8, Owner::Nobody),
    (&["favour", "and"], 1.8, Owner::You),
    (&["favor", "and"], 1.8, Owner::You),
    (&["someone", "to"], 0.9, Owner::Nobody),
    (&["somebody", "to"], 0.9, Owner::Nobody),
    (&["volunteer", "to"], 1.4, Owner::Nobody),
    (&["volunteers", "to"], 1.6, Owner::Nobody),
    (&["up", "for"], 0.0, Owner::Nobody),
    (&["anyone", "free", "to"], 1.8, Owner::Nobody),
];

static HEADS: LazyLock<Vec<&str>> = LazyLock::new(|| heads(&PHRASES, |row| row.0));

fn phrase(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    if !lexicon::has(&HEADS, view.word(i)) {
        return;
    }
    for (words, weight, owner) in &PHRASES {
        if words[0] != view.word(i) || !view.reads(i, words) {
            continue;
        }
        let verb = view.skip(i + words.len());
        let own = view.back(i, 1) == "i" && matches!(words[0], "remember" | "not" | "have");
        let asking =
            matches!(words, ["have", "time", "to"] | ["are", "you", "able", "to"]) && !view.sentence.question;
        if own || asking || !lexicon::is_action(view.word(verb)) {
            continue;
        }
        let group = matches!(words, ["have", "time", "to"])
            && view.tokens[..i]
                .iter()
                .any(|t| matches!(t.word, "anyone" | "anybody" | "somebody" | "someone" | "who"));
        let owner = if group { Owner::Nobody } else { *owner };
        out.push(signal(
            Request,
            i,
            verb,
            *weight + 0.4,
            owner,
            "asks_phrase",
            "a set phrase that asks for it",
        ));
    }
}
