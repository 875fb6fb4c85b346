//! Instructions: to somebody by name, to nobody in particular, in minutes and checklists.

use super::{Owner, Signal, View, signal};
use crate::{
    finding::Kind::{Commitment, Request},
    lexicon,
    sentences::Marker,
    tokens::Shape,
};

/// "pack the umbrella tonight pls": the nearest clause before the please that begins with a verb of doing.
pub(super) fn before(view: &View<'_, '_>, i: usize) -> Option<usize> {
    let from = i.saturating_sub(24);
    (from..i)
        .find(|n| {
            view.starts_clause(*n)
                && lexicon::is_action(view.word(view.skip(*n)))
                && !matches!(view.word(*n), "thanks")
        })
        .map(|n| view.skip(n))
}

/// "@dan send me the log", "Dan: ping the vendor", "Toni, get the van".
pub(super) fn addressed(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    let mut i = 0;
    while i < view.tokens.len() {
        let Some((person, len)) = view
            .people
            .at(view.tokens, i)
            .filter(|_| view.starts_clause(i) || view.tokens[i].shape == Shape::Mention)
        else {
            i += 1;
            continue;
        };
        let mention = view.tokens[i].shape == Shape::Mention;
        let mut at = i + len;
        let marked = matches!(view.word(at), "," | ":" | "-" | "\u{2013}" | "\u{2014}");
        at = view.skip(at + usize::from(marked));
        let to = usize::from(view.word(at) == "to");
        let verb = at + to;
        let certain = mention || marked || to == 1;
        if certain
            && !lexicon::has(&lexicon::COURTESY, view.word(verb))
            && lexicon::is_action(view.word(verb))
            && !view.people.is_machine(person)
        {
            let kind = if view.author == Some(person) { Commitment } else { Request };
            let object =
                if view.has_object(verb + 1) || view.sentence.marker != Marker::None { 0.4 } else { -0.3 };
            out.push(signal(
                kind,
                i,
                verb,
                1.6 + object,
                Owner::Person(person),
                "addressed",
                "tells somebody by name what to do",
            ));
        }
        i += len;
    }
}

/// "Send me the file by Friday": weak alone, since a list of steps sounds the same.
pub(super) fn bare(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    let at = view.skip(0);
    if view.sentence.question
        || !lexicon::is_action(view.word(at))
        || !view.has_object(at + 1)
        || view.sentence.marker == Marker::Unticked
    {
        return;
    }
    if matches!(view.word(at), "leave" | "count") && view.contains(&["me"]) {
        return;
    }
    let to_me = (at..view.tokens.len().min(at + 8)).any(|n| matches!(view.word(n), "me" | "us"));
    let weight =
        if to_me { 1.3 } else { 0.45 } - if view.sentence.marker == Marker::Number { 0.6 } else { 0.0 };
    if matches!(
        view.word(at),
        "see"
            | "look"
            | "wait"
            | "try"
            | "turn"
            | "work"
            | "go"
            | "post"
            | "start"
            | "stop"
            | "run"
            | "open"
            | "press"
            | "talk"
            | "call"
            | "find"
    ) && !view.dated
    {
        return;
    }
    out.push(signal(Request, at, at, weight, Owner::You, "imperative", "an instruction"));
}

/// Minutes and checklists: "Cecilie prepares the seating plan", "- [ ] @irask swap in …", "Book the hall (Paolo)".
pub(super) fn minutes(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    let listed = view.sentence.marker != Marker::None;
    let kind_of = |person| if view.author == Some(person) { Commitment } else { Request };
    let prefix =
        usize::from(matches!(view.word(0), "action" | "ai" | "todo" | "task") && view.word(1) == ":") * 2;
    if let Some((person, len)) = view.people.at(view.tokens, prefix) {
        let at = view.skip(prefix + len);
        let base = lexicon::from_third_person(view.word(at));
        let (verb, named) = match view.word(at) {
            "will" | "shall" | "should" | "must" => (view.skip(at + 1), None),
            "to" => (at + 1, None),
            "needs" | "has" if view.word(at + 1) == "to" => (view.skip(at + 2), None),
            "is" if view.reads(at + 1, &["going", "to"]) => (view.skip(at + 3), None),
            _ => (at, base),
        };
        if named.is_some() || verb > at && lexicon::is_action(view.word(verb)) {
            let weight = if listed || view.minutes || prefix > 0 {
                1.9
            } else if view.style == crate::Style::Chat {
                0.3
            } else {
                0.7
            };
            let mut found = signal(
                kind_of(person),
                prefix,
                verb,
                weight,
                Owner::Person(person),
                "minutes",
                "minutes name who does it",
            );
            found.lead_word = named;
            out.push(found);
        }
    }
    let open = view.sentence.marker == Marker::Unticked;
    let starts_with_verb = listed && lexicon::is_action(view.word(0));
    if !(open || starts_with_verb || prefix > 0) || !view.sentence.heads_line {
        return;
    }
    let mut people =
        (0..view.tokens.len()).filter_map(|i| view.people.at(view.tokens, i).map(|(p, _)| (i, p)));
    let named = people.find(|(i, _)| {
        open || *i == 0 || view.tokens[i - 1].is_mark() || view.tokens[*i].shape == Shape::Mention
    });
    if let Some((i, person)) = named.filter(|(_, p)| !view.people.is_machine(*p)) {
        let verb = if i == 0 { view.skip(1 + usize::from(view.word(1) == ":")) } else { prefix };
        out.push(signal(
            kind_of(person),
            0,
            verb,
            2.4,
            Owner::Person(person),
            "checklist",
            "an open line that names somebody",
        ));
    }
}
