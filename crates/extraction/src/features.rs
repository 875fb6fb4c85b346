//! A sentence as the model sees it: hashed words and runs of words, what the rules found, and where it stands.
//!
//! Names of people are one word, so that the model learns ways of asking and not who asks; stems bring the forms of a word
//! together; classes ("a verb of doing") stand for rare words at the edges of sentences and clauses. Everything is a number: the
//! model never holds a word.

use crate::{
    dates::{Lead, When},
    finding::Kind,
    lexicon, link,
    owner::Addressee,
    rules::{Signal, View},
    sentences::Marker,
    thread::Style,
    tokens::{Shape, Token},
    updates::Clues,
};

/// Words read of one sentence.
const LONGEST: usize = 60;

/// Where a sentence stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Which of the message's sentences, and how many there are.
    pub index: usize,
    pub count: usize,
    /// Nobody has spoken before this message.
    pub opens_thread: bool,
    /// Whom the sentence speaks to, and whom the message has spoken to so far.
    pub here: Addressee,
    pub in_message: Addressee,
}

/// What the sentence before was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    pub question: bool,
    pub signals: Vec<Kind>,
}

/// Everything that is known of a sentence.
pub(crate) struct Known<'a, 'r, 't> {
    pub view: &'a View<'r, 't>,
    pub signals: &'a [Signal],
    pub silence: f32,
    pub dates: &'a [When],
    /// None without open tasks.
    pub update: Option<&'a Clues>,
    pub place: Place,
    pub before: Option<&'a Before>,
}

/// The features, some of them several times.
pub(crate) fn features(known: &Known<'_, '_, '_>) -> Vec<u64> {
    let words = Words::of(known.view);
    let mut bag = Bag(Vec::with_capacity(12 * words.exact.len() + 40));
    bag.runs(&words);
    bag.edges(&words);
    bag.sentence(known);
    bag.rules(known, words.exact.len());
    bag.tasks(known, &words);
    bag.0
}

/// The words of a sentence as numbers, with an edge before and behind.
struct Words {
    exact: Vec<u64>,
    stems: Vec<u64>,
    classes: Vec<u64>,
    /// A clause begins at this word.
    opens: Vec<bool>,
}

const BEGIN: u64 = 1;
const END: u64 = 2;
const AUTHOR: u64 = 3;
const PERSON: u64 = 4;
const MENTION: u64 = 5;
const NUMBER: u64 = 6;
const MIXED_NUMBER: u64 = 7;
const VERB: u64 = 8;
const VERB_THIRD: u64 = 9;
const PARTICIPLE: u64 = 10;
const GERUND: u64 = 11;
const CAPITAL: u64 = 12;
const ADVERB: u64 = 13;
const OTHER: u64 = 14;

impl Words {
    fn of(view: &View<'_, '_>) -> Self {
        let mut words =
            Self { exact: vec![BEGIN], stems: vec![BEGIN], classes: vec![BEGIN], opens: vec![false] };
        let mut fresh = true;
        for (i, token) in view.tokens.iter().enumerate().take(LONGEST) {
            let (exact, stem, class) = numbers(view, i, token);
            words.exact.push(exact);
            words.stems.push(stem);
            words.classes.push(class);
            let closes = matches!(
                token.word,
                "," | "."
                    | "-"
                    | "\u{2013}"
                    | "\u{2014}"
                    | ";"
                    | ":"
                    | "("
                    | "?"
                    | "!"
                    | "and"
                    | "but"
                    | "so"
                    | "then"
            );
            words.opens.push(fresh && token.word != ",");
            fresh = closes || fresh && token.word == ",";
        }
        for list in [&mut words.exact, &mut words.stems, &mut words.classes] {
            list.push(END);
        }
        words.opens.push(false);
        words
    }
}

/// The word itself, its stem and its class.
fn numbers(view: &View<'_, '_>, i: usize, token: &Token<'_>) -> (u64, u64, u64) {
    let special = match view.people.at(view.tokens, i) {
        Some((person, _)) if view.author == Some(person) => Some(AUTHOR),
        Some(_) => Some(PERSON),
        None => match token.shape {
            Shape::Mention => Some(MENTION),
            Shape::Number if token.word.bytes().any(|b| b.is_ascii_alphabetic()) => Some(MIXED_NUMBER),
            Shape::Number => Some(NUMBER),
            Shape::Word | Shape::Mark => None,
        },
    };
    if let Some(number) = special {
        return (number, number, number);
    }
    let exact = text(token.word);
    if token.is_mark() {
        return (exact, exact, exact);
    }
    (exact, text(link::stem(token.word)), class(token, exact))
}

fn class(token: &Token<'_>, exact: u64) -> u64 {
    let word = token.word;
    if lexicon::has(&lexicon::FREQUENT, word) {
        exact
    } else if lexicon::is_action(word) {
        VERB
    } else if word.len() > 5 && word.ends_with("ing") {
        GERUND
    } else if lexicon::has(&lexicon::PARTICIPLES, word) || word.len() > 4 && word.ends_with("ed") {
        PARTICIPLE
    } else if word.strip_suffix('s').is_some_and(lexicon::is_action) {
        VERB_THIRD
    } else if token.capital {
        CAPITAL
    } else if word.ends_with("ly") {
        ADVERB
    } else {
        OTHER
    }
}

/// FNV-1a; words are short.
fn text(word: &str) -> u64 {
    word.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fn mix(hash: u64, next: u64) -> u64 {
    (hash.rotate_left(5) ^ next).wrapping_mul(0x517C_C1B7_2722_0A95)
}

/// What sort of feature a number is.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Sort {
    Word = 1,
    Pair,
    Triple,
    Skip,
    Stem,
    StemPair,
    Early,
    Opening,
    Prefix,
    Suffix,
    Clause,
    ClausePair,
    Style,
    Question,
    Marker,
    Length,
    Dated,
    Lead,
    Steps,
    Here,
    InMessage,
    Asked,
    OpensThread,
    Index,
    Count,
    Last,
    Minutes,
    Names,
    Rule,
    RuleWeight,
    RuleSum,
    Silence,
    Tasks,
    Named,
    Topic,
    Link,
    Clue,
    ClueLink,
    LinkWord,
    LinkPair,
    BeforeQuestion,
    BeforeRule,
    Whose,
    InMessageTask,
    InThreadTask,
}

struct Bag(Vec<u64>);

impl Bag {
    fn put(&mut self, sort: Sort, parts: &[u64]) {
        self.0.push(parts.iter().fold(sort as u64, |hash, part| mix(hash, *part)));
    }

    fn flag(&mut self, sort: Sort, on: bool) {
        if on {
            self.put(sort, &[]);
        }
    }

    /// Words, pairs, triples and pairs with a gap; stems and their pairs.
    fn runs(&mut self, words: &Words) {
        let (exact, stems) = (&words.exact, &words.stems);
        for (i, word) in exact.iter().enumerate() {
            self.put(Sort::Word, &[*word]);
            if let Some(next) = exact.get(i + 1) {
                self.put(Sort::Pair, &[*word, *next]);
            }
            if let (Some(next), Some(third)) = (exact.get(i + 1), exact.get(i + 2)) {
                self.put(Sort::Triple, &[*word, *next, *third]);
                self.put(Sort::Skip, &[*word, *third]);
            }
        }
        for (i, stem) in stems.iter().enumerate() {
            self.put(Sort::Stem, &[*stem]);
            if let Some(next) = stems.get(i + 1) {
                self.put(Sort::StemPair, &[*stem, *next]);
            }
        }
    }

    /// How the sentence begins and ends, and how its clauses begin.
    fn edges(&mut self, words: &Words) {
        let inner = words.exact.get(1..).unwrap_or(&[]);
        for (i, word) in inner.iter().enumerate().take(4) {
            self.put(Sort::Early, &[i as u64, *word]);
        }
        let classes = words.classes.get(1..words.classes.len() - 1).unwrap_or(&[]);
        for n in 1..=classes.len().min(5) {
            self.put(Sort::Prefix, &classes[..n]);
        }
        for n in 1..=classes.len().min(3) {
            self.put(Sort::Suffix, &classes[classes.len() - n..]);
        }
        for (i, opens) in words.opens.iter().enumerate().filter(|(_, opens)| **opens) {
            debug_assert!(opens);
            self.put(Sort::Opening, &[words.exact[i]]);
            let clause = &words.classes[i..words.classes.len() - 1];
            self.put(Sort::Clause, &clause[..clause.len().min(3)]);
            self.put(Sort::ClausePair, &clause[..clause.len().min(2)]);
        }
    }

    fn sentence(&mut self, known: &Known<'_, '_, '_>) {
        let (view, place) = (known.view, known.place);
        let style = match view.style {
            Style::Chat => 0,
            Style::Mail => 1,
            Style::Issue => 2,
        };
        let question = u64::from(view.sentence.question);
        let marker = match view.sentence.marker {
            Marker::None => 0,
            Marker::Bullet => 1,
            Marker::Number => 2,
            Marker::Unticked => 3,
            Marker::Ticked => 4,
        };
        self.put(Sort::Style, &[style]);
        self.put(Sort::Question, &[question]);
        self.put(Sort::Question, &[question, style]);
        self.put(Sort::Marker, &[marker]);
        self.put(Sort::Length, &[steps(view.tokens.len(), &[2, 4, 7, 11, 18, 28])]);
        self.flag(Sort::Dated, !known.dates.is_empty());
        known.dates.iter().for_each(|when| self.put(Sort::Lead, &[lead(when.lead)]));
        self.flag(Sort::Steps, view.instructions);
        self.put(Sort::Here, &[addressee(place.here)]);
        self.put(Sort::InMessage, &[addressee(place.in_message)]);
        self.flag(Sort::Asked, view.asked_group);
        self.put(Sort::OpensThread, &[u64::from(place.opens_thread)]);
        self.put(Sort::Index, &[place.index.min(4) as u64]);
        self.put(Sort::Count, &[steps(place.count, &[2, 4, 8])]);
        self.put(Sort::Last, &[u64::from(place.index + 1 == place.count)]);
        self.flag(Sort::Minutes, view.minutes);
        let names = (0..view.tokens.len())
            .any(|i| view.people.at(view.tokens, i).is_some_and(|(person, _)| view.author != Some(person)));
        self.flag(Sort::Names, names);
    }

    /// What the rules say, and what they say of the sentence before.
    fn rules(&mut self, known: &Known<'_, '_, '_>, length: usize) {
        let around = if known.dates.is_empty() { 0.0 } else { 0.7 } + if length >= 8 { 0.2 } else { 0.0 };
        for kind in [Kind::Request, Kind::Commitment, Kind::Proposal] {
            let of_kind = known.signals.iter().filter(|signal| signal.kind == kind);
            let Some(best) = of_kind.clone().map(|signal| signal.weight).reduce(f32::max) else { continue };
            of_kind.for_each(|signal| self.put(Sort::Rule, &[kind as u64, text(signal.reason.code)]));
            self.put(Sort::RuleWeight, &[kind as u64, above(best, &[0.0, 0.6, 1.2, 1.8, 2.4, 3.0])]);
            let sum = best + known.silence + around;
            self.put(Sort::RuleSum, &[kind as u64, above(sum, &[-1.0, 0.0, 0.6, 1.2, 1.8, 2.4, 3.0])]);
        }
        if known.silence < -0.1 {
            self.put(Sort::Silence, &[above(-known.silence, &[0.5, 1.0, 2.0, 3.0])]);
        }
        if let Some(before) = known.before {
            self.flag(Sort::BeforeQuestion, before.question);
            before.signals.iter().for_each(|kind| self.put(Sort::BeforeRule, &[*kind as u64]));
        }
    }

    /// How the sentence is linked to open tasks, alone and with each of its words.
    fn tasks(&mut self, known: &Known<'_, '_, '_>, words: &Words) {
        let Some(clues) = known.update else {
            self.put(Sort::Tasks, &[0]);
            return;
        };
        self.put(Sort::Tasks, &[clues.tasks.min(3) as u64]);
        let (named, topic) = (clues.named.map_or(0.0, |l| l.1), clues.topic.map_or(0.0, |l| l.1));
        self.put(Sort::Named, &[above(named, &[0.3, 0.6, 0.9, 1.5, 2.4, 3.0])]);
        self.put(Sort::Topic, &[above(topic, &[0.3, 0.6, 1.0, 1.5])]);
        let link = match () {
            () if named >= link::NAMED => 1,
            () if topic > 0.0 => 2,
            () if clues.own_task => 3,
            () if named > 0.0 => 4,
            () => 5,
        };
        self.put(Sort::Link, &[link]);
        let whose = clues.whose as u64;
        self.put(Sort::Whose, &[whose]);
        self.put(Sort::Whose, &[whose, link]);
        self.put(Sort::InMessageTask, &[above(clues.in_message, &[0.3, 0.9, 1.5, 3.0])]);
        self.put(Sort::InThreadTask, &[above(clues.in_thread, &[0.3, 0.7, 1.2, 2.5])]);
        for (n, clue) in clues.flags().into_iter().enumerate().filter(|(_, on)| *on) {
            debug_assert!(clue);
            self.put(Sort::Clue, &[n as u64]);
            self.put(Sort::ClueLink, &[n as u64, link]);
        }
        if let Some(kind) = clues.by_rule {
            self.put(Sort::Clue, &[100, kind as u64]);
        }
        for (i, word) in words.exact.iter().enumerate() {
            self.put(Sort::LinkWord, &[link, *word]);
            if let Some(next) = words.exact.get(i + 1) {
                self.put(Sort::LinkPair, &[link, *word, *next]);
            }
        }
    }
}

fn steps(n: usize, edges: &[usize]) -> u64 {
    edges.iter().filter(|edge| n >= **edge).count() as u64
}

fn above(x: f32, edges: &[f32]) -> u64 {
    edges.iter().filter(|edge| x >= **edge).count() as u64
}

const fn addressee(whom: Addressee) -> u64 {
    match whom {
        Addressee::Unknown => 0,
        Addressee::One(_) => 1,
        Addressee::Group => 2,
    }
}

const fn lead(lead: Lead) -> u64 {
    match lead {
        Lead::Deadline => 0,
        Lead::On => 1,
        Lead::For => 2,
        Lead::Of => 3,
        Lead::To => 4,
        Lead::Old => 5,
        Lead::Bare => 6,
    }
}
