//! What a text contains, for `has:`.

use crate::query::Has;
use crate::words::head;

/// Longest part of a text that is looked at, in bytes.
const MAX_SCAN: usize = 1 << 18;

/// Links, code, mentions and questions as they are written in chat and Markdown.
pub(crate) fn detect(text: &str) -> Vec<Has> {
    let text = head(text, MAX_SCAN);
    let mut found = Vec::new();
    if text.split_whitespace().any(is_link) {
        found.push(Has::Link);
    }
    if text.contains("```") || text.lines().any(|line| line.matches('`').count() > 1) {
        found.push(Has::Code);
    }
    if text.split_whitespace().any(is_mention) {
        found.push(Has::Mention);
    }
    if text.split_whitespace().any(is_question) {
        found.push(Has::Question);
    }
    found
}

fn is_link(chunk: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        let after = chunk.split_once(scheme).map(|(_, rest)| rest);
        after.is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    })
}

fn is_mention(chunk: &str) -> bool {
    let name = chunk.trim_start_matches(['(', '[', '<', '"', '\'', '*', '_']).strip_prefix('@');
    name.is_some_and(|name| name.starts_with(char::is_alphanumeric))
}

fn is_question(chunk: &str) -> bool {
    let end = chunk.trim_end_matches([')', '"', '\'', '*', '_', '”', '!', '.']);
    end.ends_with(['?', '？', '؟']) && !chunk.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_code_mentions_and_questions_are_seen() {
        assert_eq!(detect("see <https://example.org/a?b>"), [Has::Link]);
        assert_eq!(detect("run `make` now"), [Has::Code]);
        assert_eq!(detect("thanks (@anna)"), [Has::Mention]);
        assert_eq!(detect("can you?!"), [Has::Question]);
        assert_eq!(detect("mail anna@example.org a.b http://"), []);
    }
}
