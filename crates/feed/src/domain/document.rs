//! An item as a document of the blind index.

use blind::{Document, Has, SearchKey, State};
use uuid::Uuid;

use super::content::{Content, Profile};

/// What is indexed besides the content.
#[derive(Debug, Default)]
pub struct Around<'a> {
    /// Who wrote it, and their profiles as far as they are known.
    pub author: Uuid,
    /// Profiles by which the author is found (the account's, the member's).
    pub profiles: Vec<&'a Profile>,
    /// Whether the content's actor is the author.
    pub actor_is_author: bool,
    /// Who shall do it.
    pub assignees: &'a [Uuid],
    /// Profiles of those who shall do it.
    pub assignee_profiles: Vec<&'a Profile>,
    /// Provider and key of the source, if it is known.
    pub place: Option<(&'a str, &'a str)>,
    /// 1 open, 2 in progress, 3 done, 4 canceled.
    pub state: i16,
}

/// The text form of the document's `tsvector`.
#[must_use]
pub fn terms(key: &SearchKey, content: &Content, around: &Around<'_>) -> String {
    let text = body(content);
    let has: Vec<Has> = (!content.file_names.is_empty()).then_some(Has::File).into_iter().collect();
    let place = around.place.map(|(provider, key)| format!("{provider}:{key}"));
    let assignee_ids: Vec<String> = around.assignees.iter().map(Uuid::to_string).collect();
    let mut assignees: Vec<&str> = assignee_ids.iter().map(String::as_str).collect();
    assignees.extend(content.assignee_names.iter().map(String::as_str));
    assignees.extend(around.assignee_profiles.iter().flat_map(|profile| words(profile)));
    let author = if around.author.is_nil() { String::new() } else { around.author.to_string() };
    let mut authors = vec![author.as_str()];
    if around.actor_is_author {
        authors.push(&content.actor_name);
        authors.extend(content.actor_aliases.iter().map(String::as_str));
    }
    authors.extend(around.profiles.iter().flat_map(|profile| words(profile)));
    authors.retain(|name| !name.is_empty());
    let document = Document {
        title: &content.title,
        text: &text,
        authors: &authors,
        places: &place.as_deref().into_iter().collect::<Vec<_>>(),
        assignees: &assignees,
        state: state(around.state),
        has: &has,
    };
    blind::index(key, &document).tsvector
}

/// What is searched beside the title: the text, and the names of the files.
#[must_use]
pub fn body(content: &Content) -> String {
    if content.file_names.is_empty() {
        return content.text.clone();
    }
    format!("{}\n{}", content.text, content.file_names.join("\n"))
}

fn words(profile: &Profile) -> impl Iterator<Item = &str> {
    [profile.name.as_str(), &profile.handle, &profile.email].into_iter().filter(|word| !word.is_empty())
}

fn state(number: i16) -> Option<State> {
    match number {
        1 => Some(State::Open),
        2 => Some(State::InProgress),
        3 => Some(State::Done),
        4 => Some(State::Canceled),
        _ => None,
    }
}

/// A reaction (one emoji by its short name) is told in its story; nobody searches for it.
#[must_use]
pub fn is_worth_finding(kind: i16, content: &Content) -> bool {
    let text = content.text.trim();
    let emoji =
        text.len() > 2 && text.starts_with(':') && text.ends_with(':') && !text.contains(char::is_whitespace);
    !(kind == super::vocabulary::ItemKind::Event.number() && content.title.is_empty() && emoji)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactions_are_no_documents_and_events_are() {
        let reaction = Content { text: ":tada:".into(), ..Content::default() };
        assert!(!is_worth_finding(6, &reaction));
        assert!(is_worth_finding(1, &reaction));
        assert!(is_worth_finding(6, &Content { text: "deployed: all".into(), ..Content::default() }));
    }

    #[test]
    fn who_where_and_files_are_terms_of_their_own() {
        let key = SearchKey::new(&[1; 32]);
        let content =
            Content { text: "hello".into(), file_names: vec!["plan.pdf".into()], ..Content::default() };
        let author = Profile { name: "Anna Lee".into(), ..Profile::default() };
        let around =
            Around { profiles: vec![&author], place: Some(("github", "acme/api")), ..Around::default() };
        let vector = terms(&key, &content, &around);
        let found = |q: &str| {
            let query = blind::parse(q, chrono::DateTime::UNIX_EPOCH).unwrap();
            let text = query.to_tsquery(&key, &[""; 0]).text.unwrap();
            text.split(" & ").all(|term| vector.contains(term))
        };
        assert!(found("hello from:anna in:acme/api has:file"));
        assert!(!found("from:bob"));
    }
}
