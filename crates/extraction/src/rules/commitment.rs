//! The author says that they themselves will do something concrete.

use super::{Owner, Signal, View, signal};
use crate::{finding::Kind::Commitment, lexicon};

pub(super) fn find(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    if view.sentence.question {
        return;
    }
    for i in 0..view.tokens.len() {
        match view.word(i) {
            "i" => first_person(view, i, out),
            "will" | "going" | "gonna" if view.starts_clause(i) => without_subject(view, i, out),
            "let" if view.word(i + 1) == "me" && view.starts_clause(i) => let_me(view, i, out),
            "happy" | "glad" => gladly(view, i, out),
            "from" if view.word(i + 1) == "me" => from_me(view, i, out),
            "you" => you_will_have(view, i, out),
            word => progressive(view, i, word, out),
        }
    }
    word_given(view, out);
}

fn promise(head: usize, verb: usize, weight: f32, code: &'static str, text: &'static str) -> Signal {
    signal(Commitment, head, verb, weight, Owner::Author, code, text)
}

/// How sure the verb behind "I will" makes an undertaking.
fn undertaking(view: &View<'_, '_>, at: usize) -> Option<f32> {
    let (word, next) = (view.word(at), view.word(at + 1));
    let away = matches!(
        next,
        "back" | "around" | "away" | "out" | "off" | "there" | "here" | "late" | "fine" | "in"
    );
    match word {
        "do" => Some(if matches!(next, "" | "." | "!" | "so" | ",") { -1.5 } else { 0.4 }),
        "have" => Some(if matches!(next, "to" | "been") {
            -0.9
        } else if view.dated || next == "it" {
            0.5
        } else {
            -0.8
        }),
        "be" => lexicon::from_ing(next).map(|_| 0.5),
        "let" => view.dated.then_some(0.0),
        "pass" if !view.has_object(at + 1) => None,
        "keep" if matches!(next, "you" | "an" | "quiet" | "it") => Some(-0.9),
        "try" | "look" => Some(0.3),
        "stop" | "start" | "leave" | "go" | "stay" | "come" if away || next.is_empty() => Some(-1.2),
        "take" if matches!(view.word(at + 2), "word") => None,
        _ if lexicon::has(&lexicon::NO_PROMISE, word) => None,
        _ => view.verb_weight(at),
    }
}

fn first_person(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let next = view.word(i + 1);
    let at = match next {
        "will" | "shall" => view.skip(i + 2),
        "am" if view.reads(i + 2, &["going", "to"]) => view.skip(i + 4),
        "am" => {
            let verb = view.skip(i + 2);
            if lexicon::from_ing(view.word(verb)).is_some() && view.dated {
                out.push(promise(i, verb, 1.1, "doing", "says they are doing it, with a day to come"));
            }
            return;
        }
        "can" | "could" => return offer(view, i, view.skip(i + 2), out),
        "promise" | "commit" => {
            let verb = view.skip(i + 2 + usize::from(view.word(i + 2) == "to"));
            out.push(promise(i, verb, 1.6, "promises", "promises it"));
            return;
        }
        _ => return present(view, i, out),
    };
    if matches!(
        view.back(i, 1),
        "if" | "think" | "when" | "than" | "until" | "before" | "that" | "what" | "where"
    ) && view.back(i, 1) != "think"
    {
        return;
    }
    if let Some(weight) = undertaking(view, at) {
        let head = if next == "will" || next == "shall" { i } else { i + 1 };
        out.push(promise(head, at, 1.7 + weight, "i_will", "says they will do it"));
    }
}

/// "I can take it": an offer; surer as the answer to a request to the group.
fn offer(view: &View<'_, '_>, i: usize, at: usize, out: &mut Vec<Signal>) {
    let known = lexicon::is_action(view.word(at)) && !lexicon::has(&lexicon::STATIVE, view.word(at))
        || view.word(at) == "do";
    if !known
        || matches!(view.word(at), "confirm" | "report" | "offer" | "include" | "only" | "count" | "name")
        || matches!(view.back(i, 1), "if" | "that" | "what" | "where" | "how" | "so" | "until" | "before")
    {
        return;
    }
    let when = [
        &["this", "weekend"][..],
        &["this", "week"],
        &["next", "week"],
        &["next", "month"],
        &["the", "weekend"],
        &["the", "morning"],
    ];
    let volunteering = if view.asked_group { 1.1 } else { 0.0 }
        + if when.iter().any(|words| view.contains(words)) { 0.6 } else { 0.0 };
    out.push(promise(i, at, 0.7 + volunteering, "offers", "offers to do it"));
}

/// "I drive past the wholesaler tomorrow": the present with a day to come.
fn present(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let at = view.skip(i + 1);
    let volunteering = view.asked_group && matches!(view.word(at), "do" | "take" | "volunteer");
    if lexicon::is_action(view.word(at)) && (view.dated || volunteering) && view.has_object(at + 1) {
        out.push(promise(
            i,
            at,
            0.6 + if volunteering { 1.0 } else { 0.0 },
            "present",
            "says they do it, with a day to come",
        ));
    }
}

/// "Will call her tomorrow", "gonna send the mix tonight".
fn without_subject(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let mut at = i + 1;
    if view.word(i) == "going" {
        if view.word(at) != "to" {
            return;
        }
        at += 1;
    }
    at = view.skip(at);
    // "the changes will come and will apply": behind a conjunction the subject is the one before it.
    let joined = matches!(view.back(i, 1), "and" | "or" | "but" | "then" | "so" | ",");
    if joined && i > 2 && !view.tokens[..i].iter().any(|t| t.word == "i") {
        return;
    }
    if view.people.at(view.tokens, at).is_some() || matches!(view.word(at), "you" | "anyone") {
        return;
    }
    if let Some(weight) = undertaking(view, at).filter(|w| *w > -0.5) {
        out.push(promise(i, at, 1.5 + weight, "will", "says it will be done by them"));
    }
}

fn let_me(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let at = view.skip(i + 2);
    if lexicon::is_action(view.word(at))
        && !matches!(
            view.word(at),
            "explain" | "ask" | "tell" | "try" | "say" | "include" | "mention" | "start" | "clarify" | "add"
        )
    {
        out.push(promise(i, at, 1.1, "let_me", "takes it on"));
    }
}

fn gladly(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let at = view.skip(i + 2);
    if view.word(i + 1) == "to" && lexicon::is_action(view.word(at)) {
        let volunteering = if view.asked_group { 1.0 } else { 0.0 };
        out.push(promise(i, at, 0.7 + volunteering, "offers", "offers to do it"));
    }
}

/// "you get the photos from me tomorrow".
fn from_me(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let Some(head) = (0..i).find(|n| {
        matches!(view.word(*n), "get" | "have" | "expect" | "receive")
            && !matches!(view.back(*n, 1), "not" | "already")
    }) else {
        return;
    };
    let subject = (0..head).any(|n| matches!(view.word(n), "you" | "everyone" | "everybody"))
        || view.people.at(view.tokens, head.saturating_sub(1)).is_some()
        || head == 0;
    if subject {
        let mut found =
            promise(head.saturating_sub(1), head + 1, 2.0, "from_me", "says what others get from them");
        found.lead_word = Some("Send");
        out.push(found);
    }
}

/// "you will have it by Friday".
fn you_will_have(view: &View<'_, '_>, i: usize, out: &mut Vec<Signal>) {
    let at = view.skip(i + 2);
    if view.word(i + 1) == "will"
        && view.dated
        && matches!(view.word(at), "have" | "get" | "receive" | "find")
        && view.has_object(at + 1)
    {
        let mut found = promise(i, at + 1, 1.3, "you_will_have", "says by when others have it");
        found.lead_word = Some("Send");
        out.push(found);
    }
}

/// "sending it over tonight".
fn progressive(view: &View<'_, '_>, i: usize, word: &str, out: &mut Vec<Signal>) {
    if word.ends_with("ing")
        && view.dated
        && view.starts_clause(i)
        && i <= 2
        && view.has_object(i + 1)
        && let Some(base) = lexicon::from_ing(word)
    {
        let mut found = promise(i, i, 0.9, "doing", "says they are doing it, with a day to come");
        found.lead_word = Some(base);
        out.push(found);
    }
}

/// "…, you have my word", "leave it to me", "count me in" as an answer to the group.
fn word_given(view: &View<'_, '_>, out: &mut Vec<Signal>) {
    let given = [
        &["have", "my", "word"][..],
        &["i", "promise"],
        &["promised"],
        &["count", "on", "me"],
        &["leave", "it", "to", "me"],
        &["leave", "that", "to", "me"],
    ];
    if view.dated && given.iter().any(|words| view.contains(words)) {
        out.push(promise(0, 0, 1.6, "word_given", "gives their word"));
    }
    let taken = [
        &["count", "me", "in"][..],
        &["i", "am", "in"],
        &["i", "can"],
        &["i", "could"],
        &["me", "!"],
        &["my", "pleasure"],
        &["i", "am", "free"],
        &["i", "volunteer"],
        &["i", "got", "it"],
        &["i", "am", "up", "for"],
    ];
    if view.asked_group
        && view.tokens.len() <= 14
        && taken.iter().any(|words| view.contains(words))
        && !view.contains(&["not"])
    {
        out.push(promise(0, 0, 1.5, "volunteers", "takes what was asked of the group"));
    }
}
