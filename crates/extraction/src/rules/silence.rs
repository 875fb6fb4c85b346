//! What speaks for silence: wishes, hypotheses, irony, courtesy, instructions, somebody else's words.

use std::sync::LazyLock;

use super::{View, heads};
use crate::{lexicon, sentences::Marker, thread::Style};

/// A phrase, and how much it takes off.
type Against = (&'static [&'static str], f32);

const PHRASES: [Against; 66] = [
    (&["one", "day"], -3.0),
    (&["some", "day"], -3.0),
    (&["someday"], -3.0),
    (&["at", "some", "point"], -3.0),
    (&["at", "some", "stage"], -3.0),
    (&["some", "time", "or", "other"], -3.0),
    (&["sometime"], -2.0),
    (&["eventually"], -2.0),
    (&["in", "the", "long", "run"], -3.0),
    (&["in", "general"], -1.5),
    (&["generally"], -1.5),
    (&["ideal", "world"], -3.0),
    (&["one", "of", "these", "days"], -3.0),
    (&["hypothetically"], -3.0),
    (&["theoretically"], -3.0),
    (&["in", "theory"], -2.5),
    (&["thinking", "out", "loud"], -3.0),
    (&["if", "we", "ever"], -3.0),
    (&["if", "i", "were"], -3.0),
    (&["if", "you", "were"], -3.0),
    (&["if", "it", "were"], -2.5),
    (&["if", "only"], -2.5),
    (&["what", "if"], -2.0),
    (&["would", "have", "to"], -2.5),
    (&["would", "need", "to"], -1.5),
    (&["imagine"], -2.0),
    (&["suppose"], -1.5),
    (&["make", "sense", "to"], -2.0),
    (&["by", "all", "means"], -3.0),
    (&["oh", "great"], -3.0),
    (&["oh", "sure"], -3.0),
    (&["oh", "wonderful"], -3.0),
    (&["oh", "lovely"], -3.0),
    (&["oh", "yes"], -1.0),
    (&["yeah", "right"], -3.0),
    (&["yeah", "sure"], -2.5),
    (&["sure", ",", "please"], -2.5),
    (&["sure", ",", "let"], -1.5),
    (&["sure", ",", "i", "will", "just"], -3.0),
    (&["great", ",", "i", "will", "just"], -3.0),
    (&["i", "will", "just"], -0.4),
    (&["just", "kidding"], -3.0),
    (&["kidding"], -2.5),
    (&["jk"], -2.5),
    (&["lol"], -2.0),
    (&["haha"], -2.0),
    (&["hahaha"], -2.0),
    (&["/", "s"], -2.0),
    (&["\u{1f643}"], -3.0),
    (&["\u{1f644}"], -2.5),
    (&["\u{1f60f}"], -2.0),
    (&["\u{1f602}"], -1.6),
    (&["\u{1f923}"], -2.0),
    (&["\u{1f61c}"], -1.6),
    (&["\u{1f921}"], -2.0),
    (&["feel", "free"], -3.0),
    (&["hesitate"], -3.0),
    (&["in", "urgent", "cases"], -3.0),
    (&["if", "you", "have", "any"], -2.5),
    (&["if", "anything", "is"], -2.0),
    (&["let", "me", "know", "if"], -2.5),
    (&["recipient"], -2.5),
    (&["thoughts", "?"], -1.0),
    (&["wish", "we"], -2.5),
    (&["used", "to"], -1.0),
    (&["my", "lawyer"], -1.5),
];

static HEADS: LazyLock<Vec<&str>> = LazyLock::new(|| heads(&PHRASES, |row| row.0));

/// The sum of what speaks against any item in this sentence; zero or less.
pub(crate) fn silence(view: &View<'_, '_>) -> f32 {
    let mut sum = 0.0;
    for i in 0..view.tokens.len() {
        let word = view.tokens[i].word;
        if !lexicon::has(&HEADS, word) {
            continue;
        }
        sum += PHRASES
            .iter()
            .filter(|(words, _)| words[0] == word && view.reads(i, words))
            .map(|(_, weight)| weight)
            .sum::<f32>();
    }
    sum + hypothesis(view) + wish(view) + reported(view) + steps(view)
}

/// "if we …", "when I …" at the head: what follows depends on it. "If you could…" asks, "if the drawer is empty, I will…" depends.
fn hypothesis(view: &View<'_, '_>) -> f32 {
    let polite = view.reads(0, &["if", "you", "could"])
        || view.reads(0, &["if", "you", "would"])
        || view.reads(0, &["if", "you", "can"])
        || view.reads(0, &["if", "possible"]);
    let time = [
        &["if", "you", "have", "time"][..],
        &["if", "you", "have", "a"],
        &["if", "you", "get", "a"],
        &["if", "you", "find", "time"],
    ];
    let polite = polite || time.iter().any(|words| view.reads(0, words));
    match view.word(0) {
        "if" if !polite && view.word(1) == "you" && view.contains(&["please"]) => -2.2,
        "to" if view.contains(&["please"]) && !view.dated => -1.5,
        "assuming" | "provided" => -1.5,
        "as" if view.reads(0, &["as", "long", "as"]) => -1.5,
        "if" if !polite && view.contains(&["would"]) => -2.0,
        "if" if !polite => -1.0,
        "unless" => -1.0,
        _ => 0.0,
    }
}

/// "it would be nice to…", "wouldn't it be cool if we…": a wish, unless somebody is asked ("if you could").
fn wish(view: &View<'_, '_>) -> f32 {
    let nice = ["nice", "cool", "lovely", "great", "good", "neat", "fun", "wonderful", "awesome"];
    let wished = (0..view.tokens.len())
        .any(|i| view.reads(i, &["would", "be"]) && (2..5).any(|n| nice.contains(&view.word(i + n))));
    let asks = ["you", "someone", "somebody", "anyone"].iter().any(|who| view.contains(&["if", who]));
    if wished && !asks { -2.5 } else { 0.0 }
}

/// "she asked whether you could…", "he said he will…".
fn reported(view: &View<'_, '_>) -> f32 {
    let head = view.tokens.len().min(6);
    let says = (0..head).any(|i| {
        matches!(view.word(i), "said" | "says" | "asked" | "wondered" | "told" | "claims")
            && !matches!(view.back(i, 1), "you" | "i" | "as" | "was")
    });
    if says { -1.4 } else { 0.0 }
}

/// Steps to reproduce, forms, how-tos: instructions to no one.
fn steps(view: &View<'_, '_>) -> f32 {
    if view.instructions && view.sentence.marker != Marker::Unticked {
        return -4.0;
    }
    let anonymous = view.style == Style::Issue && view.sentence.marker == Marker::Number;
    if anonymous { -0.8 } else { 0.0 }
}
