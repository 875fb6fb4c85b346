//! Who has to act: a mention or a name, the author behind "I", the addressee behind "you".

use crate::{
    people::People,
    rules::Owner,
    sentences::Sentence,
    tokens::{Shape, Token},
};

/// Whom a message speaks to so far: greetings and mentions set it, sentence by sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressee {
    /// Nobody is named.
    Unknown,
    /// One person.
    One(usize),
    /// Several, or the whole group.
    Group,
}

/// Group words in a greeting or at the head of a sentence.
const GROUP: [&str; 22] = [
    "all",
    "everyone",
    "everybody",
    "both",
    "team",
    "folks",
    "colleagues",
    "guys",
    "friends",
    "list",
    "gang",
    "people",
    "managers",
    "members",
    "here",
    "channel",
    "together",
    "neighbours",
    "neighbors",
    "parents",
    "volunteers",
    "crew",
];

/// The addressee that this sentence names, for itself and for those after it.
pub(crate) fn addressed(
    people: &People<'_>,
    tokens: &[Token<'_>],
    sentence: &Sentence,
    author: Option<usize>,
) -> Addressee {
    let greeting = tokens.first().is_some_and(|t| {
        matches!(
            t.word,
            "hi" | "hello" | "dear" | "hey" | "morning" | "moin" | "hallo" | "heya" | "yo" | "good"
        )
    });
    if greeting && tokens.len() <= 14 && tokens.iter().skip(1).take(6).any(|t| GROUP.contains(&t.word)) {
        return Addressee::Group;
    }
    let mut found: Vec<usize> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let Some((person, len)) = people.at(tokens, i) else {
            i += 1;
            continue;
        };
        let head = i == 0
            || greeting && i <= 6
            || tokens[i - 1].is_mark()
                && i + len == tokens.iter().rposition(|t| !t.is_mark()).map_or(0, |p| p + 1);
        let called = tokens[i].shape == Shape::Mention
            || head && (greeting || closes_vocative(tokens, i + len)) && sentence.heads_line
            || i > 0 && tokens[i - 1].is_mark() && closes_vocative(tokens, i + len)
            || i == 0 && closes_vocative(tokens, i + len);
        if called
            && Some(person) != author
            && !people.is_machine(person)
            && !found.contains(&person)
            && found.len() < 4
        {
            found.push(person);
        }
        i += len;
    }
    match found.as_slice() {
        [] => Addressee::Unknown,
        [one] => Addressee::One(*one),
        _ => Addressee::Group,
    }
}

fn closes_vocative(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at).is_none_or(|t| {
        matches!(
            t.word,
            "," | ":"
                | "?"
                | "!"
                | "."
                | "-"
                | "\u{2013}"
                | "\u{2014}"
                | "please"
                | "can"
                | "could"
                | "would"
                | "will"
                | "you"
        )
    })
}

/// The participant who has to act.
pub(crate) fn resolve(
    owner: Owner,
    people: &People<'_>,
    author: Option<usize>,
    in_sentence: Addressee,
    in_message: Addressee,
    before: Option<usize>,
) -> Option<usize> {
    match owner {
        Owner::Author => author,
        Owner::Person(person) => Some(person),
        Owner::Nobody => None,
        Owner::You => match (in_sentence, in_message) {
            (Addressee::One(person), _) | (Addressee::Unknown, Addressee::One(person)) => Some(person),
            (Addressee::Group, _) | (_, Addressee::Group) => None,
            (Addressee::Unknown, Addressee::Unknown) => {
                author.and_then(|a| people.other_of_two(a)).or(before)
            }
        },
    }
}
