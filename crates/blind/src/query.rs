//! What a person asks for, and its blind form.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::document::pair;
use crate::key::{Field, SearchKey};
use crate::labels::{person_query, place_query};

mod moment;
mod parse;

pub use parse::parse;

/// Longest query, in characters.
pub const MAX_QUERY_CHARS: usize = 1_000;
/// Most words of a query, those of operators included. Each character of a script without spaces is a word.
pub const MAX_QUERY_WORDS: usize = 32;

/// Why a query cannot be answered, in words for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct QueryError {
    /// `q` for the query as a whole, else the name of the operator.
    pub field: &'static str,
    /// A sentence to show; it may repeat what was written, so it belongs in no log.
    pub message: String,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value, in the order in which a message lists them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name, as it is written in a query.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

named! {
    /// What a hit is, for `kind:`.
    Kind {
        /// Something somebody said or wrote to others.
        Message = "message",
        /// A file or document.
        File = "file",
        /// A task or issue.
        Task = "task",
        /// A milestone, epic or plan.
        Roadmap = "roadmap",
        /// A commit, pull request or other change.
        Change = "change",
        /// Anything else that happened.
        Event = "event",
    }
}

named! {
    /// State of a task, for `state:`.
    State {
        /// Not begun.
        Open = "open",
        /// Somebody works on it.
        InProgress = "in_progress",
        /// Finished.
        Done = "done",
        /// Will not be done.
        Canceled = "canceled",
    }
}

named! {
    /// What a hit contains, for `has:`.
    Has {
        /// A web address.
        Link = "link",
        /// An attached file; only known from the caller.
        File = "file",
        /// Quoted or fenced code.
        Code = "code",
        /// A person named with `@`.
        Mention = "mention",
        /// A sentence that ends with a question mark.
        Question = "question",
    }
}

/// The part of a query that columns answer: `kind` one of `kinds` (when there are any) and none of
/// `not_kinds`, `after ≤ occurred_at < before`. States are here for those who have a column for them; the
/// blind query holds them too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Empty: every kind.
    pub kinds: Vec<Kind>,
    /// Kinds that are not wanted.
    pub not_kinds: Vec<Kind>,
    /// Empty: every state, and things without one.
    pub states: Vec<State>,
    /// States that are not wanted.
    pub not_states: Vec<State>,
    /// Inclusive.
    pub after: Option<DateTime<Utc>>,
    /// Exclusive.
    pub before: Option<DateTime<Utc>>,
}

/// The blind form of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsQuery {
    /// Input of `::tsquery`, to be bound as a text parameter; `None` when the query has only filters, so
    /// that the newest things which pass them are the answer.
    pub text: Option<String>,
}

/// A word, compound or phrase to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needle {
    pub negated: bool,
    /// Written in quotes: compared exactly.
    pub quoted: bool,
    /// Any of these terms finds it,
    pub forms: Vec<String>,
    /// or these exact words in sequence.
    pub run: Vec<String>,
}

impl Needle {
    /// Whether the index alone cannot tell if a quoted needle is there.
    fn is_approximate(&self) -> bool {
        self.quoted && !self.run.is_empty() && self.run.len() != 2
    }

    fn to_tsquery(&self, key: &SearchKey) -> Option<String> {
        let mut any: Vec<String> = self.forms.iter().map(|form| key.lexeme(Field::Word, form)).collect();
        let pairs: Vec<String> = self
            .run
            .windows(2)
            .filter_map(|words| match words {
                [left, right] => Some(key.lexeme(Field::Pair, &pair(left, right))),
                _ => None,
            })
            .collect();
        any.extend(join(pairs, " & "));
        join(any, " | ")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Label {
    Me,
    /// All of these terms.
    Terms(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    pub negated: bool,
    pub field: Field,
    pub label: Label,
}

impl Operator {
    fn to_tsquery(&self, key: &SearchKey, me: &[impl AsRef<str>]) -> Option<String> {
        match &self.label {
            Label::Terms(terms) => self.all(key, terms),
            Label::Me => {
                let names = me.iter().filter_map(|name| self.all(key, &person_query(name.as_ref())));
                // Nobody is "me": nothing is mine.
                join(names.collect(), " | ").or_else(|| Some(key.lexeme(Field::Nothing, "")))
            }
        }
    }

    fn all(&self, key: &SearchKey, terms: &[String]) -> Option<String> {
        join(terms.iter().map(|term| key.lexeme(self.field, term)).collect(), " & ")
    }
}

/// A parsed query. Its `Debug` shows nothing of what was asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) needles: Vec<Needle>,
    pub(crate) operators: Vec<Operator>,
    filters: Filters,
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").finish_non_exhaustive()
    }
}

impl Query {
    /// What columns answer.
    #[must_use]
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// Whether there is a word or phrase to rank by and to mark in a snippet.
    #[must_use]
    pub fn has_words(&self) -> bool {
        self.needles.iter().any(|needle| !needle.negated)
    }

    /// Whether candidates must pass [`crate::phrase_matches`] before they are shown or counted.
    #[must_use]
    pub fn needs_phrase_check(&self) -> bool {
        self.needles.iter().any(Needle::is_approximate)
    }

    /// The query over the blind index. `me` is what `from:me` and `assignee:me` stand for: the account ids
    /// (or names, handles, addresses) of the member who asks; with none of them, nothing is theirs.
    ///
    /// Words and phrases must all be there. Of several `from:`, `in:`, `assignee:` or `state:` one must hold;
    /// several `has:` must all hold. What is negated must not be there; negated phrases that the index
    /// cannot tell are left to [`crate::phrase_matches`].
    #[must_use]
    pub fn to_tsquery(&self, key: &SearchKey, me: &[impl AsRef<str>]) -> TsQuery {
        let mut clauses = Vec::new();
        for needle in self.needles.iter().filter(|needle| !(needle.negated && needle.is_approximate())) {
            clauses.extend(needle.to_tsquery(key).map(|text| clause(needle.negated, &text)));
        }
        for field in [Field::From, Field::In, Field::Assignee, Field::State] {
            let wanted =
                self.operators.iter().filter(|operator| operator.field == field && !operator.negated);
            let any =
                wanted.filter_map(|operator| operator.to_tsquery(key, me)).map(|text| clause(false, &text));
            clauses.extend(join(any.collect(), " | ").map(|text| clause(false, &text)));
        }
        for operator in
            self.operators.iter().filter(|operator| operator.negated || operator.field == Field::Has)
        {
            clauses.extend(operator.to_tsquery(key, me).map(|text| clause(operator.negated, &text)));
        }
        TsQuery { text: join(clauses, " & ") }
    }
}

fn clause(negated: bool, text: &str) -> String {
    match (negated, text.contains(' ')) {
        (true, _) => format!("!({text})"),
        (false, true) => format!("({text})"),
        (false, false) => text.to_owned(),
    }
}

/// The parts with `operator` between them, each bracketed where it must be; none of none.
fn join(parts: Vec<String>, operator: &str) -> Option<String> {
    match parts.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        _ => {
            let bracketed = |part: &String| {
                let bare = !part.contains(' ') || part.starts_with('!') || part.starts_with('(');
                if bare { part.clone() } else { format!("({part})") }
            };
            Some(parts.iter().map(bracketed).collect::<Vec<_>>().join(operator))
        }
    }
}

/// The terms of `in:value`.
fn place_label(value: &str) -> Vec<String> {
    place_query(value).into_iter().collect()
}
