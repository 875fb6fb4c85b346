//! Which of a sentence's dates is the due date: a date that only describes the thing is none.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    dates::{self, Lead, When},
    text::Visible,
    thread::Style,
    tokens::{Token, tokenize},
};

/// What a phrase says about when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDate {
    /// The day; `None` when the phrase names none.
    pub due_on: Option<NaiveDate>,
    /// The clock time as written, `HH:MM` of 24 hours.
    pub time: Option<String>,
}

/// The due date that `text` names, resolved against the day of `at`.
#[must_use]
pub fn due_date(text: &str, at: DateTime<Utc>) -> DueDate {
    let visible = Visible::read(text, Style::Chat);
    let tokens = tokenize(&visible.text, &visible.lower);
    let found = dates::find(&tokens, at.date_naive());
    let verb = tokens.iter().find(|token| GOING.contains(&token.word) || RESERVING.contains(&token.word));
    let verb = verb.map_or("", |token| token.word);
    let Some(when) = found.iter().find(|when| is_due(&tokens, when, verb)) else { return DueDate::default() };
    let time = when.time.map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    DueDate { due_on: Some(when.date), time }
}

/// What happens on a day: "the meeting on Friday" describes, "take my shift on Friday" is when the action takes place.
const EVENTS: [&str; 31] = [
    "meeting",
    "workshop",
    "trip",
    "midterm",
    "party",
    "event",
    "session",
    "conference",
    "call",
    "dinner",
    "lunch",
    "talk",
    "lecture",
    "exam",
    "visit",
    "concert",
    "reading",
    "show",
    "wedding",
    "course",
    "class",
    "seminar",
    "flight",
    "train",
    "demo",
    "release",
    "game",
    "match",
    "interview",
    "appointment",
    "festival",
];

/// What one takes for a day.
const PLACES: [&str; 3] = ["hall", "room", "table"];

/// Verbs for which the day of what is gone to is the day of the action.
const GOING: [&str; 4] = ["attend", "cover", "take", "join"];

/// Verbs whose object carries a date of its own: one reserves a hall *for* a day.
const RESERVING: [&str; 14] = [
    "reserve", "book", "order", "plan", "schedule", "invite", "rent", "register", "hire", "organise",
    "organize", "arrange", "announce", "block",
];

/// The due date of an action whose verb is `verb`, among the dates of its sentence.
pub(crate) fn of_action(tokens: &[Token<'_>], dates: &[When], verb: usize) -> Option<NaiveDate> {
    let verb_word = tokens.get(verb).map_or("", |t| t.word);
    let mut usable = dates.iter().filter(|when| is_due(tokens, when, verb_word));
    let first = usable.next()?;
    let deadline = std::iter::once(first).chain(usable).find(|when| when.lead == Lead::Deadline);
    Some(deadline.unwrap_or(first).date)
}

fn is_due(tokens: &[Token<'_>], when: &When, verb: &str) -> bool {
    let before =
        |n: usize| when.tokens.start.checked_sub(n).and_then(|i| tokens.get(i)).map_or("", |t| t.word);
    let after = tokens.get(when.tokens.end).map_or("", |t| t.word);
    let moves = matches!(verb, "move" | "shift" | "postpone" | "push" | "reschedule");
    match when.lead {
        Lead::Deadline => true,
        Lead::Old => false,
        Lead::Of => before(1) != "the" && before(1) != "of",
        Lead::For => {
            let about = |word| EVENTS.contains(&word) || PLACES.contains(&word);
            !RESERVING.contains(&verb) && !about(before(2)) && !about(after)
        }
        Lead::To => !moves,
        Lead::On => !EVENTS.contains(&before(2)) || GOING.contains(&verb),
        Lead::Bare => {
            !((after == "'s" || EVENTS.contains(&after))
                && matches!(before(1), "the" | "for" | "our" | "my" | "your" | "a" | "'s"))
        }
    }
}

/// "Our engineer has to have it by 20 May." after the request: the deadline of what was just asked.
pub(crate) fn of_neighbour(tokens: &[Token<'_>], dates: &[When]) -> Option<NaiveDate> {
    let refers = tokens
        .iter()
        .any(|t| matches!(t.word, "it" | "them" | "that" | "this" | "deadline" | "due" | "need" | "needs"));
    dates.iter().find(|when| refers && when.lead == Lead::Deadline).map(|when| when.date)
}
