//! `@login` in Markdown.

use super::payload::{User, login_key};
use crate::model::Person;

/// A text mentions at most this many people.
const MOST_MENTIONS: usize = 256;
/// GitHub's limit for a login.
const LONGEST_LOGIN: usize = 39;

/// The people whom a text mentions outside of code. Those among `known` come with their full key, others by login;
/// teams (`@org/team`) and addresses (`a@b`) are no people.
pub(super) fn mentions(text: &str, known: &[Option<&User>]) -> Vec<Person> {
    let mut found: Vec<Person> = Vec::new();
    let mut pieces = text.split('`');
    let mut before = ' ';
    while let Some(prose) = pieces.next() {
        for login in logins(prose, before) {
            let person = resolve(login, known);
            if !found.contains(&person) && found.len() < MOST_MENTIONS {
                found.push(person);
            }
        }
        // Between two backticks is code; a fence of three is an empty piece and code in turn.
        before = pieces.next().and_then(|code| code.chars().last()).unwrap_or('`');
    }
    found
}

fn logins(prose: &str, before: char) -> impl Iterator<Item = &str> {
    let is_login = |character: char| character.is_ascii_alphanumeric() || character == '-';
    prose.match_indices('@').filter_map(move |(at, _)| {
        let previous = prose.get(..at)?.chars().next_back().unwrap_or(before);
        if previous.is_alphanumeric() || matches!(previous, '@' | '/' | '.' | '_' | '-') {
            return None;
        }
        let rest = prose.get(at + 1..)?;
        let end = rest.find(|character| !is_login(character)).unwrap_or(rest.len());
        let login = rest.get(..end)?.trim_end_matches('-');
        let team = rest.get(end..)?.starts_with('/');
        (!team && !login.is_empty() && !login.starts_with('-') && login.len() <= LONGEST_LOGIN)
            .then_some(login)
    })
}

fn resolve(login: &str, known: &[Option<&User>]) -> Person {
    let named = |user: &&User| user.login.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(login));
    known.iter().flatten().copied().find(named).and_then(User::person).unwrap_or_else(|| Person {
        key: login_key(login),
        handle: Some(login.to_owned()),
        ..Person::default()
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    fn handles(text: &str) -> Vec<String> {
        mentions(text, &[]).into_iter().filter_map(|person| person.handle).collect()
    }

    #[test]
    fn only_people_in_prose_are_mentioned() {
        assert_eq!(handles("@ada and (@grace-h), @ada again"), ["ada", "grace-h"]);
        assert_eq!(handles("mail a@b.example, team @oz/core, `@code`, @"), [""; 0]);
        assert_eq!(handles("```\n@inside\n``` then @outside."), ["outside"]);
    }
}
