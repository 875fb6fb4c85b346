//! The query language: `"exact phrase"`, `-not`, `from:` `in:` `kind:` `has:` `before:` `after:`
//! `assignee:` `state:`, values in quotes where they have spaces.
//!
//! As in the searches people know, an unknown `foo:bar` is words, a quote that is never closed reaches to
//! the end, and a bad value for a known operator is an error that says what would be right.

use chrono::{DateTime, FixedOffset, TimeZone};

use super::moment::parse_moment;
use super::{Filters, Has, Kind, Label, Needle, Operator, Query, QueryError, State, place_label};
use super::{MAX_QUERY_CHARS, MAX_QUERY_WORDS};
use crate::key::Field;
use crate::labels::person_query;
use crate::words::{Word, Words, runs};

/// Words that are in nearly every text: they are looked up only when a query has nothing else, or in a phrase.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from", "had", "has",
    "have", "how", "i", "if", "in", "is", "it", "its", "of", "on", "or", "our", "so", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "to", "was", "we", "were", "what", "when", "where",
    "which", "who", "why", "will", "with", "you", "your",
];

#[derive(Clone, Copy)]
enum Name {
    From,
    In,
    Kind,
    Has,
    Before,
    After,
    Assignee,
    State,
}

impl Name {
    const ALL: [Self; 8] =
        [Self::From, Self::In, Self::Kind, Self::Has, Self::Before, Self::After, Self::Assignee, Self::State];

    const fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::In => "in",
            Self::Kind => "kind",
            Self::Has => "has",
            Self::Before => "before",
            Self::After => "after",
            Self::Assignee => "assignee",
            Self::State => "state",
        }
    }
}

/// Parses what a person wrote. Days begin at midnight in the time zone of `now`.
///
/// # Errors
/// When there is nothing to search for, the query is longer than [`MAX_QUERY_CHARS`] or has more than
/// [`MAX_QUERY_WORDS`] words, or an operator has a value that it cannot have.
pub fn parse<Tz: TimeZone>(text: &str, now: DateTime<Tz>) -> Result<Query, QueryError> {
    if text.chars().nth(MAX_QUERY_CHARS).is_some() {
        return Err(whole(format!("the search is too long: at most {MAX_QUERY_CHARS} characters")));
    }
    let mut parser = Parser { rest: text, now: now.fixed_offset(), query: empty(), words: 0 };
    while parser.step()? {}
    let mut query = parser.query;
    if query == empty() {
        return Err(whole(
            "write what to search for: words, a \"phrase\", or an operator such as from:me".to_owned(),
        ));
    }
    drop_stop_words(&mut query);
    Ok(query)
}

fn empty() -> Query {
    Query { needles: Vec::new(), operators: Vec::new(), filters: Filters::default() }
}

fn whole(message: String) -> QueryError {
    QueryError { field: "q", message }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟')
}

struct Parser<'a> {
    rest: &'a str,
    now: DateTime<FixedOffset>,
    query: Query,
    words: usize,
}

impl<'a> Parser<'a> {
    /// Reads one clause; false at the end.
    fn step(&mut self) -> Result<bool, QueryError> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return Ok(false);
        }
        let minus = self.rest.strip_prefix('-').filter(|rest| !rest.starts_with(char::is_whitespace));
        let negated = minus.is_some();
        self.rest = minus.unwrap_or(self.rest);
        if let Some(name) = self.take_operator() {
            let value = self.take_value().trim();
            self.operator(name, negated, value)?;
        } else if self.rest.starts_with(is_quote) {
            let phrase = self.take_value();
            self.phrase(phrase, negated);
        } else {
            let chunk = self.take_until(|c| c.is_whitespace() || is_quote(c));
            self.chunk(chunk, negated);
        }
        if self.words > MAX_QUERY_WORDS {
            return Err(whole(format!("the search has too many words: at most {MAX_QUERY_WORDS}")));
        }
        Ok(true)
    }

    fn take_operator(&mut self) -> Option<Name> {
        let (name, rest) = self.rest.split_once(':')?;
        let known = Name::ALL.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_str()))?;
        self.rest = rest;
        Some(known)
    }

    fn take_value(&mut self) -> &'a str {
        let Some(quote) = self.rest.chars().next().filter(|c| is_quote(*c)) else {
            return self.take_until(char::is_whitespace);
        };
        self.rest = self.rest.get(quote.len_utf8()..).unwrap_or_default();
        let value = self.take_until(is_quote);
        let mut after = self.rest.chars();
        after.next();
        self.rest = after.as_str();
        value
    }

    fn take_until(&mut self, end: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(end).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn operator(&mut self, name: Name, negated: bool, value: &str) -> Result<(), QueryError> {
        self.words += 1;
        match name {
            Name::From => self.label(name, Field::From, negated, value, person_query),
            Name::Assignee => self.label(name, Field::Assignee, negated, value, person_query),
            Name::In => self.label(name, Field::In, negated, value, place_label),
            Name::Has => {
                let has = choice(name, value, Has::ALL, Has::as_str)?;
                self.term(Field::Has, negated, has.as_str());
                Ok(())
            }
            Name::State => {
                let state = choice(name, value, State::ALL, State::as_str)?;
                let filters = &mut self.query.filters;
                if negated { &mut filters.not_states } else { &mut filters.states }.push(state);
                self.term(Field::State, negated, state.as_str());
                Ok(())
            }
            Name::Kind => {
                let kind = choice(name, value, Kind::ALL, Kind::as_str)?;
                let filters = &mut self.query.filters;
                if negated { &mut filters.not_kinds } else { &mut filters.kinds }.push(kind);
                Ok(())
            }
            Name::Before => self.moment(name, !negated, value),
            Name::After => self.moment(name, negated, value),
        }
    }

    /// `-before:x` is `after:x`, and the other way round. Of several the narrowest holds.
    fn moment(&mut self, name: Name, before: bool, value: &str) -> Result<(), QueryError> {
        let moment = parse_moment(value, self.now).ok_or_else(|| {
            let help = "a day such as 2026-03-31, today, yesterday, 7d, 2w, 12h, or an RFC 3339 time";
            bad(name, value, help)
        })?;
        let filters = &mut self.query.filters;
        if before {
            filters.before = Some(filters.before.map_or(moment, |known| known.min(moment)));
        } else {
            filters.after = Some(filters.after.map_or(moment, |known| known.max(moment)));
        }
        Ok(())
    }

    fn label(
        &mut self,
        name: Name,
        field: Field,
        negated: bool,
        value: &str,
        terms: fn(&str) -> Vec<String>,
    ) -> Result<(), QueryError> {
        let person = matches!(field, Field::From | Field::Assignee);
        let label = if person && value.eq_ignore_ascii_case("me") {
            Label::Me
        } else {
            let terms = terms(value);
            if terms.is_empty() {
                let help =
                    if person { "a name, or me" } else { "the name of a channel, repository or project" };
                return Err(bad(name, value, help));
            }
            self.words += terms.len() - 1;
            Label::Terms(terms)
        };
        self.query.operators.push(Operator { negated, field, label });
        Ok(())
    }

    fn term(&mut self, field: Field, negated: bool, term: &str) {
        let label = Label::Terms(vec![term.to_owned()]);
        self.query.operators.push(Operator { negated, field, label });
    }

    fn phrase(&mut self, phrase: &str, negated: bool) {
        let words: Vec<Word> = Words::new(phrase).collect();
        self.words += words.len();
        let sigil = if let [word] = words.as_slice() { sigil_form(word) } else { None };
        let (forms, run) = match (sigil, words.as_slice()) {
            (_, []) => return,
            (Some(form), _) => (vec![form], Vec::new()),
            (None, [word]) => (vec![word.stem.clone()], vec![word.exact.clone()]),
            (None, _) => (Vec::new(), words.into_iter().map(|word| word.exact).collect()),
        };
        self.query.needles.push(Needle { negated, quoted: true, forms, run });
    }

    fn chunk(&mut self, chunk: &str, negated: bool) {
        for words in runs(chunk) {
            self.words += words.len();
            let Some(needle) = bare_needle(words, negated) else { continue };
            if !self.query.needles.contains(&needle) {
                self.query.needles.push(needle);
            }
        }
    }
}

/// The form of a word that has its mark (`#123`, `@anna`, `c++`).
fn sigil_form(word: &Word) -> Option<String> {
    let longer = |range: &std::ops::Range<usize>| range.len() > word.range.len();
    word.forms.iter().find(|form| longer(&form.range)).map(|form| form.text.clone())
}

/// A bare word is found by its stem, one with a mark only with its mark, a compound by its whole, its joined
/// form or its words in sequence.
fn bare_needle(words: Vec<Word>, negated: bool) -> Option<Needle> {
    let first = words.first()?;
    let needle = |forms, run| Some(Needle { negated, quoted: false, forms, run });
    if words.len() == 1 {
        return needle(vec![sigil_form(first).unwrap_or_else(|| first.stem.clone())], Vec::new());
    }
    let end = words.last()?.range.end;
    let covering =
        first.forms.iter().filter(|form| form.range.start <= first.range.start && form.range.end >= end);
    let widest = covering.clone().map(|form| form.range.len()).max();
    let forms: Vec<String> =
        covering.filter(|form| Some(form.range.len()) == widest).map(|form| form.text.clone()).collect();
    if forms.iter().any(|form| form.starts_with(['#', '@'])) {
        return needle(forms, Vec::new());
    }
    needle(forms, words.iter().map(|word| word.exact.clone()).collect())
}

fn drop_stop_words(query: &mut Query) {
    let is_stop = |needle: &Needle| {
        let only =
            needle.forms.first().filter(|_| needle.run.is_empty() && !needle.quoted && !needle.negated);
        only.is_some_and(|form| STOP_WORDS.contains(&form.as_str()))
    };
    if query.needles.iter().any(|needle| !needle.negated && !is_stop(needle)) {
        query.needles.retain(|needle| !is_stop(needle));
    }
}

fn choice<T: Copy>(name: Name, value: &str, all: &[T], text: fn(T) -> &'static str) -> Result<T, QueryError> {
    let wanted = value.to_ascii_lowercase().replace(['-', ' '], "_").replace("cancelled", "canceled");
    let known = |one: &&T| wanted == text(**one) || wanted.strip_suffix('s') == Some(text(**one));
    all.iter().find(known).copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| text(*one)).collect();
        bad(name, value, &format!("one of {}", names.join(", ")))
    })
}

fn bad(name: Name, value: &str, help: &str) -> QueryError {
    let field = name.as_str();
    let message = if value.is_empty() {
        format!("{field}: needs a value: {help}")
    } else {
        let shown: String = value.chars().filter(|c| !c.is_control()).take(40).collect();
        format!("{field}: cannot be \"{shown}\"; write {help}")
    };
    QueryError { field, message }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    fn parsed(text: &str) -> Query {
        parse(text, now()).unwrap()
    }

    fn refused(text: &str) -> QueryError {
        parse(text, now()).unwrap_err()
    }

    fn forms(text: &str) -> Vec<Vec<String>> {
        parsed(text).needles.into_iter().map(|needle| needle.forms).collect()
    }

    #[test]
    fn words_phrases_and_negations_are_told_apart() {
        let query = parsed("deploys \"release plan v2\" -draft -\"old plan\" -kind:file");
        let shape: Vec<_> = query.needles.iter().map(|n| (n.negated, n.quoted, n.run.len())).collect();
        assert_eq!(shape, [(false, false, 0), (false, true, 3), (true, false, 0), (true, true, 2)]);
        assert_eq!(query.filters().not_kinds, [Kind::File]);
        assert!(query.needs_phrase_check());
        assert!(!parsed("deploys \"release plan\"").needs_phrase_check());
    }

    #[test]
    fn operators_take_quoted_values_and_any_case() {
        let query =
            parsed("In:\"General Chat\" from:@Anna assignee:ME state:in-progress kind:Tasks has:links");
        let terms = |text: &str| Label::Terms(vec![text.to_owned()]);
        let labels: Vec<_> = query.operators.iter().map(|o| (o.field, o.label.clone())).collect();
        let expected = [
            (Field::In, terms("general-chat")),
            (Field::From, terms("anna")),
            (Field::Assignee, Label::Me),
            (Field::State, terms("in_progress")),
            (Field::Has, terms("link")),
        ];
        assert_eq!(labels, expected);
        assert_eq!(
            (query.filters().kinds.as_slice(), query.filters().states.as_slice()),
            (&[Kind::Task][..], &[State::InProgress][..])
        );
    }

    #[test]
    fn times_narrow_and_negation_turns_them_round() {
        let filters =
            parsed("after:2026-01-01 after:2026-02-01 -after:today before:yesterday").filters().clone();
        assert_eq!(filters.after, Some("2026-02-01T00:00:00Z".parse().unwrap()));
        assert_eq!(filters.before, Some("2026-03-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn unknown_operators_and_addresses_are_words() {
        assert_eq!(forms("foo:bar"), [["foo:bar"]]);
        assert_eq!(forms("https://example.org"), [["https://example.org"]]);
        assert_eq!(
            forms("#123 c++ @anna.lee e-mail"),
            [vec!["#123"], vec!["c++"], vec!["@anna.lee"], vec!["e-mail", "email"]]
        );
        assert_eq!(parsed("foo:\"bar baz\"").needles.len(), 2);
    }

    #[test]
    fn stop_words_count_only_when_there_is_nothing_else() {
        assert_eq!(forms("how to deploy the api"), [["deploy"], ["api"]]);
        assert_eq!(forms("to be"), [["to"], ["be"]]);
        assert_eq!(parsed("\"to be\" or").needles.len(), 1);
    }

    #[test]
    fn what_cannot_be_searched_is_said_clearly() {
        for empty in ["", "  ", "\"\"", "-", "!?", "🎉"] {
            assert_eq!(refused(empty).field, "q", "{empty}");
        }
        assert_eq!(refused(&"x".repeat(1_001)).field, "q");
        assert_eq!(refused(&"x1 y2 ".repeat(17)).field, "q");
        let error = refused("kind:banana");
        assert_eq!(error.field, "kind");
        assert_eq!(
            error.to_string(),
            "kind: cannot be \"banana\"; write one of message, file, task, roadmap, change, event"
        );
        assert_eq!(refused("before:soon").field, "before");
        assert_eq!(refused("from: anna").to_string(), "from: needs a value: a name, or me");
        assert_eq!(refused("in:#").field, "in");
    }

    #[test]
    fn an_open_quote_reaches_to_the_end() {
        let query = parsed("“release plan");
        assert_eq!(query.needles[0].run, ["release", "plan"]);
    }
}
