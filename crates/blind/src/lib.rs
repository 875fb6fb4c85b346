//! Words into blind search terms, queries over them, and snippets.
//!
//! The index of a document is a PostgreSQL `tsvector` whose lexemes are keyed hashes: whoever holds the
//! database but not the organization's [`SearchKey`] sees no word, and destroying the key turns the index
//! into noise. What the index does *not* hide from such a reader: how many terms a document has, where they
//! stand, and which documents of one organization have terms in common.
//!
//! # What is indexed
//!
//! * every word by its English stem (words of other languages by their folded form), at its position, with
//!   weight A in the title and D in the text: a bare word of a query finds every inflection;
//! * beside it, at the same position: the whole of a compound (`user_name`, `ABC-123`, an address, a URL, a
//!   version), its joined form (`e-mail` → `email`), the humps of `camelCase`, `#123`, `@anna`, `c++`, and
//!   the usual abbreviations of a hexadecimal hash;
//! * every pair of neighbouring words in their *exact* (folded, not stemmed) form, without position; scripts
//!   written without spaces, and Hangul, are indexed character by character, so their pairs are the bigrams;
//! * terms for the operators `from:`, `in:`, `has:`, `assignee:` and `state:`. `kind:`, `before:` and
//!   `after:` are columns, see [`Filters`].
//!
//! # What a phrase means
//!
//! A phrase of two words is exactly one pair. A phrase of three or more words is the AND of its pairs: a
//! document can have all the pairs in different places without having the phrase, and a quoted single word is
//! looked up by its stem. So when [`Query::needs_phrase_check`] says so, the caller passes each candidate's
//! decrypted text through [`phrase_matches`], which compares exact words in sequence.

mod document;
mod fold;
mod has;
mod key;
mod labels;
mod matching;
mod query;
mod score;
mod snippet;
mod words;

pub use document::{Document, Indexed, MAX_TEXT_WORDS, MAX_TITLE_WORDS, index};
pub use key::SearchKey;
pub use matching::phrase_matches;
pub use query::{
    Filters, Has, Kind, MAX_QUERY_CHARS, MAX_QUERY_WORDS, Query, QueryError, State, TsQuery, parse,
};
pub use score::score;
pub use snippet::snippet;
