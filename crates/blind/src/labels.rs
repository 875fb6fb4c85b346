//! Names of people and places as operator terms: what `from:`, `assignee:` and `in:` compare.

use crate::fold::{clip, fold};
use crate::words::{Words, head};

/// Longest label that is read, in bytes.
const MAX_LABEL: usize = 512;

/// What a person is found by: each part of the name, the handle, the e-mail address and its local part, an
/// opaque account id.
pub(crate) fn person_terms(label: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for piece in pieces(label) {
        let local = piece.split_once('@').map(|(local, _)| local.to_owned());
        let name = local.as_deref().unwrap_or(&piece);
        if !name.contains(|c: char| c.is_ascii_digit()) {
            terms.extend(Words::new(name).map(|word| word.exact));
        }
        terms.extend(local.map(clip));
        terms.push(clip(piece));
    }
    terms
}

/// The terms that all must be there for `from:value`.
pub(crate) fn person_query(value: &str) -> Vec<String> {
    pieces(value).map(clip).collect()
}

fn pieces(label: &str) -> impl Iterator<Item = String> {
    let folded = fold(head(label, MAX_LABEL));
    let cut: Vec<String> = folded
        .split_whitespace()
        .map(|piece| {
            let bare = |c: char| matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"');
            piece.trim_matches(bare).trim_start_matches('@').to_owned()
        })
        .filter(|piece| piece.contains(char::is_alphanumeric))
        .collect();
    cut.into_iter()
}

/// What a place is found by: its whole name or key, without the provider in front (`github:acme/api` →
/// `acme/api`), and the last part of a path (`api`).
pub(crate) fn place_terms(label: &str) -> Vec<String> {
    let whole = place(label);
    let key = whole.split_once(':').map_or(whole.as_str(), |(_, key)| key).trim_start_matches('#');
    let last = key.rsplit('/').next().unwrap_or(key);
    let mut terms: Vec<String> = [whole.as_str(), key, last]
        .into_iter()
        .filter(|term| !term.is_empty())
        .map(|term| clip(term.to_owned()))
        .collect();
    terms.dedup();
    terms
}

/// The term of `in:value`; none when there is nothing to compare.
pub(crate) fn place_query(value: &str) -> Option<String> {
    Some(clip(place(value))).filter(|term| term.contains(char::is_alphanumeric))
}

/// Folded, without `#`; `general chat`, `general_chat` and `General-Chat` are the same place.
fn place(label: &str) -> String {
    let folded = fold(head(label, MAX_LABEL));
    let gap = |c: char| c.is_whitespace() || c == '_' || c == '-';
    let parts: Vec<&str> = folded.split(gap).filter(|part| !part.is_empty()).collect();
    parts.join("-").trim_start_matches('#').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(label: &str, value: &str) -> bool {
        let known = person_terms(label);
        person_query(value).iter().all(|term| known.contains(term))
    }

    #[test]
    fn a_person_is_found_by_name_handle_address_and_account_id() {
        assert!(finds("Anna-Maria Schmidt", "anna"));
        assert!(finds("Anna-Maria Schmidt", "Schmidt Anna"));
        assert!(finds("@octo-cat", "@Octo-Cat"));
        assert!(finds("Anna <anna.lee@example.org>", "anna.lee"));
        assert!(finds("anna.lee@example.org", "anna.lee@example.org"));
        assert!(finds("0190a1b2-aaaa-7bbb-8ccc-0123456789ab", "0190A1B2-aaaa-7bbb-8ccc-0123456789ab"));
        assert!(!finds("anna.lee@example.org", "example"));
        assert!(!finds("Anna Schmidt", "ann"));
    }

    #[test]
    fn a_place_is_found_by_its_name_with_and_without_the_hash() {
        let finds = |label: &str, value: &str| place_terms(label).contains(&place_query(value).unwrap());
        assert!(finds("#General", "general") && finds("general", "#general"));
        assert!(finds("general chat", "general-chat"));
        assert!(finds("github:Acme/api", "acme/api") && finds("Acme/api", "api"));
        assert!(finds("github:Acme/api", "github:acme/api"));
        assert!(!finds("general-random", "general"));
    }
}
