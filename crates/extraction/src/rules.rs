//! Features of a sentence and their weights: what the trained model will replace behind the same door. Every rule gives a
//! [`Signal`]; what speaks for silence is taken off; the sum becomes a confidence.

mod commitment;
mod imperative;
mod proposal;
mod request;
mod silence;

use crate::{
    finding::{Kind, Reason},
    lexicon,
    people::People,
    sentences::{Marker, Sentence},
    thread::Style,
    tokens::{Shape, Token},
};

pub(crate) use silence::silence;

/// Who has to act, as the words of the sentence put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// "I".
    Author,
    /// "you", an imperative.
    You,
    /// "we", "anyone", "somebody".
    Nobody,
    /// A name.
    Person(usize),
}

/// One rule's find in a sentence.
#[derive(Debug, Clone)]
pub(crate) struct Signal {
    pub kind: Kind,
    /// The token where the phrase begins.
    pub head: usize,
    /// The token of the verb of doing: the title begins there.
    pub verb: usize,
    pub weight: f32,
    pub owner: Owner,
    pub reason: Reason,
    /// What the title says before the words at `verb`, or instead of the first of them.
    pub lead_word: Option<&'static str>,
}

/// A sentence with what the rules may know about its surroundings.
pub(crate) struct View<'r, 't> {
    pub tokens: &'r [Token<'t>],
    pub sentence: &'r Sentence,
    pub people: &'r People<'r>,
    pub author: Option<usize>,
    pub style: Style,
    /// The sentence names a day that is still to come.
    pub dated: bool,
    /// Somebody else asked the group for something and nobody has taken it.
    pub asked_group: bool,
    /// Lines of steps to reproduce, of a form, of instructions.
    pub instructions: bool,
    /// The message is made of list lines: minutes or a checklist.
    pub minutes: bool,
}

impl<'t> View<'_, 't> {
    /// The word at `i`; empty beyond the sentence and inside quotation marks.
    pub fn word(&self, i: usize) -> &'t str {
        self.tokens.get(i).filter(|t| !t.quoted).map_or("", |t| t.word)
    }

    pub fn back(&self, i: usize, n: usize) -> &'t str {
        i.checked_sub(n).map_or("", |at| self.word(at))
    }

    pub fn reads(&self, i: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, w)| self.word(i + n) == *w)
    }

    pub fn contains(&self, words: &[&str]) -> bool {
        (0..self.tokens.len()).any(|i| self.reads(i, words))
    }

    /// Steps over words like "please" and "also".
    pub fn skip(&self, mut i: usize) -> usize {
        let furthest = i + 6;
        while i < furthest
            && (lexicon::has(&lexicon::FILLERS, self.word(i))
                || self.word(i) == "," && lexicon::has(&lexicon::FILLERS, self.word(i + 1)))
        {
            i += 1;
        }
        i
    }

    /// Whether a clause begins at `i`: nothing, a mark, or a conjunction before it.
    pub fn starts_clause(&self, i: usize) -> bool {
        let Some(before) = i.checked_sub(1).and_then(|p| self.tokens.get(p)) else { return true };
        before.is_mark() && !matches!(before.word, "'" | "\u{2019}" | "/" | "&" | "%")
            || matches!(
                before.word,
                "and"
                    | "but"
                    | "so"
                    | "then"
                    | "or"
                    | "ok"
                    | "okay"
                    | "sure"
                    | "yes"
                    | "yep"
                    | "anyway"
                    | "thanks"
                    | "also"
                    | "thx"
                    | "cool"
                    | "fine"
                    | "alright"
                    | "well"
                    | "btw"
                    | "hey"
                    | "hi"
            )
            || before.shape == Shape::Mention
            || self.ends_name(i)
    }

    fn ends_name(&self, i: usize) -> bool {
        i > 0 && self.people.at(self.tokens, i - 1).is_some_and(|(_, len)| len == 1)
    }

    /// Whether something that can be acted on follows a verb: an object makes an imperative.
    pub fn has_object(&self, i: usize) -> bool {
        let Some(token) = self.tokens.get(i) else { return false };
        matches!(token.shape, Shape::Number | Shape::Mention)
            || lexicon::has(&lexicon::OPENS_OBJECT, token.word)
    }

    /// The verb of doing at `i` and how sure it is one.
    pub fn verb_weight(&self, i: usize) -> Option<f32> {
        let token = self.tokens.get(i).filter(|t| t.shape == Shape::Word && !t.quoted)?;
        if lexicon::is_action(token.word) {
            return Some(0.6);
        }
        let function = lexicon::has(&lexicon::FUNCTION, token.word);
        if function || token.word.len() < 3 {
            return None;
        }
        Some(if self.has_object(i + 1) { 0.1 } else { -0.9 })
    }
}

/// The first words of a phrase table, sorted: most tokens begin none of its phrases.
fn heads<T>(table: &[T], words: impl Fn(&T) -> &'static [&'static str]) -> Vec<&'static str> {
    let mut heads: Vec<&str> = table.iter().filter_map(|row| words(row).first().copied()).collect();
    heads.sort_unstable();
    heads.dedup();
    heads
}

/// A signal with its reason.
fn signal(
    kind: Kind,
    head: usize,
    verb: usize,
    weight: f32,
    owner: Owner,
    code: &'static str,
    text: &'static str,
) -> Signal {
    Signal { kind, head, verb, weight, owner, reason: Reason { code, text }, lead_word: None }
}

/// What speaks against nothing at all: below this sum a sentence is silent.
const BIAS: f32 = 1.2;

/// Everything that any rule finds in the sentence.
pub(crate) fn signals(view: &View<'_, '_>) -> Vec<Signal> {
    let mut signals = Vec::new();
    request::find(view, &mut signals);
    commitment::find(view, &mut signals);
    proposal::find(view, &mut signals);
    signals
}

/// Every action item that the rules alone would tell of, at most one of each kind, with how sure they are.
pub(crate) fn weigh(view: &View<'_, '_>, signals: &[Signal], against: f32) -> Vec<(Signal, f32)> {
    if view.sentence.marker == Marker::Ticked {
        return Vec::new();
    }
    let mut out: Vec<(Signal, f32)> = Vec::new();
    for found in signals {
        let long = if view.tokens.len() >= 6 { 0.2 } else { 0.0 };
        let dated = if view.dated { 0.7 } else { 0.0 };
        let sum = found.weight + long + dated + against - BIAS;
        match out.iter_mut().find(|(have, _)| have.kind == found.kind) {
            Some(have) if have.1 >= sum => {}
            Some(have) => *have = (found.clone(), sum),
            None => out.push((found.clone(), sum)),
        }
    }
    keep_apart(&mut out);
    out.into_iter()
        .map(|(found, sum)| (found, 1.0 / (1.0 + (-sum).exp())))
        .filter(|(_, confidence)| *confidence >= 0.5)
        .collect()
}

/// Where a sentence that no rule knows most likely says what is to be done.
pub(crate) fn guess(view: &View<'_, '_>, kind: Kind) -> Signal {
    let start = view.skip(0);
    let named = view.people.at(view.tokens, 0).filter(|_| kind != Kind::Proposal);
    let after = named.map_or(start, |(_, len)| view.skip(len));
    let first = (after..view.tokens.len()).find(|i| !view.tokens[*i].is_mark()).unwrap_or(0);
    let verb = (after..view.tokens.len())
        .find(|i| *i == first && lexicon::is_action(view.word(*i)) || is_verb(view, *i));
    let verb = verb.unwrap_or(first);
    let lead_word =
        lexicon::from_ing(view.word(verb)).or_else(|| lexicon::from_third_person(view.word(verb)));
    let by = (1..view.tokens.len())
        .find(|i| view.back(*i, 1) == "by" && view.people.at(view.tokens, *i).is_some())
        .and_then(|i| view.people.at(view.tokens, i));
    let called = matches!(view.word(named.map_or(0, |(_, len)| len)), "," | "?" | "!");
    let owner = match kind {
        Kind::Commitment => Owner::Author,
        Kind::Request => match named.filter(|_| !called).or(by) {
            Some((person, _)) => Owner::Person(person),
            None if asks_anybody(view) => Owner::Nobody,
            None => Owner::You,
        },
        _ => Owner::Nobody,
    };
    let why = match kind {
        Kind::Request => "is worded like a request",
        Kind::Commitment => "is worded like a promise",
        _ => "is worded like something to be done",
    };
    let mut found = signal(kind, start, verb, 0.0, owner, "wording", why);
    found.lead_word = lead_word;
    found
}

/// Whether a word that may be a verb of doing is one here: half of them are things as well ("the report", "in order to").
fn is_verb(view: &View<'_, '_>, i: usize) -> bool {
    let (word, before) = (view.word(i), view.back(i, 1));
    if lexicon::is_action(word) {
        return has_verb_behind(before) && !(word == "order" && view.word(i + 1) == "to");
    }
    if lexicon::from_ing(word).is_some() {
        return matches!(before, "am" | "are" | "is" | "'m" | "'re" | "be" | "mind" | "by" | "i" | "we");
    }
    let named = i > 0 && view.people.at(view.tokens, i - 1).is_some();
    lexicon::from_third_person(word).is_some()
        && (named || matches!(before, "who" | "somebody" | "someone" | "everybody"))
}

/// Words after which a verb of doing comes in its plain form.
fn has_verb_behind(word: &str) -> bool {
    matches!(
        word,
        "to" | "will"
            | "would"
            | "could"
            | "should"
            | "can"
            | "must"
            | "may"
            | "might"
            | "shall"
            | "please"
            | "kindly"
            | "let's"
            | "us"
            | "and"
            | "or"
            | "then"
            | "just"
            | "also"
            | "i"
            | "we"
            | "you"
            | "they"
            | "not"
            | "help"
            | "rather"
            | "better"
            | "best"
            | "do"
            | ","
            | ":"
            | "-"
            | "\u{2013}"
            | "\u{2014}"
            | "."
            | "?"
            | "!"
    )
}

fn asks_anybody(view: &View<'_, '_>) -> bool {
    view.tokens.iter().any(|token| {
        matches!(
            token.word,
            "anyone"
                | "anybody"
                | "someone"
                | "somebody"
                | "everyone"
                | "everybody"
                | "who"
                | "whoever"
                | "volunteer"
        )
    })
}

/// Two kinds about the same verb are one item: the surer one stays.
fn keep_apart(found: &mut Vec<(Signal, f32)>) {
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut kept: Vec<(usize, usize)> = Vec::new();
    found.retain(|(signal, _)| {
        let span = (signal.head.min(signal.verb), signal.head.max(signal.verb));
        let free = kept.iter().all(|k| span.0 > k.1 + 3 || span.1 + 3 < k.0);
        if free {
            kept.push(span);
        }
        free
    });
}
