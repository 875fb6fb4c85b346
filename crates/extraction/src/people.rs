//! Who a word means: mentions, handles, first and last names of the participants.

use std::collections::HashMap;

use crate::{
    thread::{Participant, Thread},
    tokens::{Shape, Token},
    wording,
};

/// First names that are words as well: they count only with a capital.
const WORDS_TOO: [&str; 21] = [
    "april", "art", "bill", "chase", "dan", "drew", "faith", "frank", "grace", "guy", "hope", "jack", "june",
    "mark", "may", "miles", "pat", "rob", "rose", "sue", "will",
];

/// The participants of a thread by every name they go by.
#[derive(Debug)]
pub(crate) struct People<'t> {
    all: &'t [Participant],
    by_id: HashMap<String, usize>,
    /// `None` where two people share the name.
    by_name: HashMap<String, Option<usize>>,
    machines: Vec<bool>,
    /// The first bytes that names begin with: most words are no names, and this says so without a look-up.
    initials: [bool; 256],
}

impl<'t> People<'t> {
    pub fn of(thread: &'t Thread) -> Self {
        let all = thread.participants.as_slice();
        let mut people = Self {
            all,
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            machines: Vec::new(),
            initials: [false; 256],
        };
        for (i, person) in all.iter().enumerate() {
            people.by_id.insert(person.id.to_lowercase(), i);
            people
                .machines
                .push(person.bot.unwrap_or_else(|| wording::is_machine(&person.name, &person.handle)));
            people.name(&person.handle, i);
            person
                .name
                .split([' ', '\u{a0}'])
                .filter(|part| part.chars().count() > 2)
                .for_each(|part| people.name(part, i));
        }
        people
    }

    fn name(&mut self, name: &str, person: usize) {
        if name.is_empty() {
            return;
        }
        let name = name.trim_end_matches('.').to_lowercase();
        let initial = name.bytes().next().unwrap_or(0);
        self.initials[usize::from(initial)] = true;
        let entry = self.by_name.entry(name).or_insert(Some(person));
        if *entry != Some(person) {
            *entry = None;
        }
    }

    pub fn id(&self, person: usize) -> Option<String> {
        self.all.get(person).map(|p| p.id.clone())
    }

    pub fn index(&self, id: &str) -> Option<usize> {
        self.by_id.get(&id.to_lowercase()).copied()
    }

    pub fn is_machine(&self, person: usize) -> bool {
        self.machines.get(person).copied().unwrap_or(false)
    }

    /// The only other person, where a conversation has two.
    pub fn other_of_two(&self, author: usize) -> Option<usize> {
        let mut others = (0..self.all.len()).filter(|i| *i != author && !self.is_machine(*i));
        others.next().filter(|_| others.next().is_none())
    }

    /// The person named at token `i` and the number of tokens the name takes.
    pub fn at(&self, tokens: &[Token<'_>], i: usize) -> Option<(usize, usize)> {
        let token = tokens.get(i)?;
        match token.shape {
            Shape::Mention => token
                .word
                .split('|')
                .map(|part| part.trim_start_matches('@'))
                .find_map(|part| self.mentioned(part))
                .map(|p| (p, 1)),
            Shape::Word => self.named(tokens, i),
            Shape::Number | Shape::Mark => None,
        }
    }

    fn mentioned(&self, part: &str) -> Option<usize> {
        self.by_id.get(part).copied().or_else(|| self.by_name.get(part).copied().flatten())
    }

    fn named(&self, tokens: &[Token<'_>], i: usize) -> Option<(usize, usize)> {
        let title = usize::from(matches!(tokens[i].word, "mr" | "mrs" | "ms" | "dr" | "prof" | "professor"));
        let dot = usize::from(title == 1 && tokens.get(i + 1).is_some_and(|t| t.word == "."));
        let first = i + title + dot;
        let person = self.word(tokens.get(first)?)?;
        let mut len = title + dot + 1;
        while tokens.get(i + len).is_some_and(|t| t.shape == Shape::Word && self.word(t) == Some(person)) {
            len += 1;
        }
        Some((person, len))
    }

    fn word(&self, token: &Token<'_>) -> Option<usize> {
        let initial = token.word.bytes().next()?;
        if initial.is_ascii() && !self.initials[usize::from(initial)] {
            return None;
        }
        if !token.capital && WORDS_TOO.contains(&token.word) {
            return None;
        }
        if token.word.is_ascii() {
            return self.by_name.get(token.word).copied().flatten();
        }
        self.by_name.get(&token.word.to_lowercase()).copied().flatten()
    }
}
