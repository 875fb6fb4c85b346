//! The keyed hash that makes a term blind.

use std::fmt;

use data_encoding::BASE32_DNSSEC;
use ring::hmac;

/// Bytes of the keyed hash that are kept.
///
/// 64 bits are enough because a collision costs only a false candidate, never a miss, and is rare: among
/// 100 million distinct terms of one organization about 3 × 10⁻⁴ colliding pairs are expected (n² / 2⁶⁵).
/// Shortening the output of a pseudo-random function reveals nothing about its key or its input.
const LEXEME_BYTES: usize = 8;

/// What a term says about its document. The tag goes into the hash: the word `open` and the state `open`
/// have unrelated lexemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    /// A word by its stem, or the whole of a compound.
    Word,
    /// Two neighbouring words in their exact form.
    Pair,
    From,
    In,
    Has,
    Assignee,
    State,
    /// Never indexed: the lexeme of a query that can match nothing.
    Nothing,
}

impl Field {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Word => b"word",
            Self::Pair => b"pair",
            Self::From => b"from",
            Self::In => b"in",
            Self::Has => b"has",
            Self::Assignee => b"assignee",
            Self::State => b"state",
            Self::Nothing => b"nothing",
        }
    }
}

/// The search key of one organization. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SearchKey(hmac::Key);

impl SearchKey {
    /// A key from its 32 secret bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The blind form of a term: HMAC-SHA256(key, field ‖ 0 ‖ term), its first 64 bits, as 13 characters of
    /// `0-9a-v`, which need no quoting in the text forms of `tsvector` and `tsquery`.
    pub(crate) fn lexeme(&self, field: Field, term: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(field.tag());
        context.update(&[0]);
        context.update(term.as_bytes());
        let tag = context.sign();
        let kept = tag.as_ref().get(..LEXEME_BYTES).unwrap_or_default();
        BASE32_DNSSEC.encode(kept)
    }
}

impl fmt::Debug for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lexeme_needs_no_quoting_and_depends_on_key_and_field() {
        let (one, other) = (SearchKey::new(&[1; 32]), SearchKey::new(&[2; 32]));
        let lexeme = one.lexeme(Field::Word, "open");
        assert_eq!(lexeme.len(), 13);
        assert!(lexeme.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
        assert_eq!(lexeme, one.lexeme(Field::Word, "open"));
        assert_ne!(lexeme, one.lexeme(Field::State, "open"));
        assert_ne!(lexeme, other.lexeme(Field::Word, "open"));
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", SearchKey::new(&[7; 32])), "SearchKey");
    }
}
