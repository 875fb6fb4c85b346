//! Opened content: never logged, never stored, gone with the request.

/// What an item or a task says.
#[derive(Clone, Default)]
pub struct Content {
    /// Heading; empty for chat messages.
    pub title: String,
    /// Text as written.
    pub text: String,
    /// Address at the provider.
    pub url: String,
    /// Name of who acted in the version this is.
    pub actor_name: String,
    /// Their handles and addresses.
    pub actor_aliases: Vec<String>,
    /// Title of the thing it is about, when known.
    pub thing_title: String,
    /// Address of the thing.
    pub thing_url: String,
    /// Names of those it is assigned to.
    pub assignee_names: Vec<String>,
    /// Names of the files it carries.
    pub file_names: Vec<String>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content(…)")
    }
}

/// Who a person is, as far as they told the provider or the organization.
#[derive(Clone, Default)]
pub struct Profile {
    /// Display name.
    pub name: String,
    /// Handle at the provider.
    pub handle: String,
    /// Mail address.
    pub email: String,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// Longest title that is shown, in characters.
const TITLE: usize = 120;
/// Longest summary that is shown, in characters.
const SUMMARY: usize = 240;

impl Content {
    /// The title of a story this content heads: the thing's title, else its own, else the first line.
    #[must_use]
    pub fn headline(&self) -> String {
        let thing = self.thing_title.trim();
        if thing.is_empty() { self.own_title() } else { cut(thing, TITLE) }
    }

    /// The title of the item itself: its own, else the first line.
    #[must_use]
    pub fn own_title(&self) -> String {
        let first_line =
            || self.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let title = self.title.trim();
        cut(if title.is_empty() { first_line() } else { title }, TITLE)
    }

    /// What it says in a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().take(SUMMARY).collect();
        cut(&words.join(" "), SUMMARY)
    }

    /// Where the story leads.
    #[must_use]
    pub fn address(&self) -> &str {
        if self.thing_url.is_empty() { &self.url } else { &self.thing_url }
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_is_the_things_title_then_its_own_then_the_first_line() {
        let mut content = Content { text: "\n  first line \nsecond".into(), ..Content::default() };
        assert_eq!(content.headline(), "first line");
        content.title = "own".into();
        assert_eq!(content.headline(), "own");
        content.thing_title = "thing".into();
        assert_eq!(content.headline(), "thing");
    }

    #[test]
    fn long_titles_are_cut_between_characters() {
        let content = Content { text: "ü".repeat(500), ..Content::default() };
        assert_eq!(content.headline().chars().count(), TITLE + 1);
        assert!(content.headline().ends_with('…'));
    }
}
