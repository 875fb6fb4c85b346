//! Where a page ended. Opaque to the reader; a cursor of another question is refused. Nothing secret is in it, and no cursor
//! shows what its holder may not see: visibility is decided anew for every page.

use data_encoding::BASE64URL_NOPAD;
use ids::OrgId;
use uuid::Uuid;

/// Format of the bytes.
const VERSION: u8 = 1;
const LENGTH: usize = 1 + 8 + 8 + 8 + 8 + 8 + 16;

/// The last thing of a page and what the page was cut from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    /// Pages are cut as of here: a position of the feed, or the time of the newest match of a search.
    pub as_of: i64,
    /// When the first page was made, microseconds; how many matches a search counted lies in `extra`.
    pub begun_us: i64,
    /// Rank key of the last thing: its time, or its score in thousandths.
    pub key: i64,
    /// Tie-breaker.
    pub id: Uuid,
}

/// Not a cursor, or one of another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct BadCursor;

/// What a question is, so that a cursor serves no other.
#[must_use]
pub fn fingerprint(org: OrgId, parts: &[&str]) -> u64 {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    ids::derived(org, &parts).as_u64_pair().0
}

impl Cursor {
    /// The text for the next request.
    #[must_use]
    pub fn encode(&self, fingerprint: u64) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(&fingerprint.to_be_bytes());
        for number in [self.as_of, self.begun_us, self.key] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(self.id.as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a cursor back; `None` for an empty text.
    ///
    /// # Errors
    /// When it is not a cursor of the question with this fingerprint.
    pub fn decode(text: &str, fingerprint: u64) -> Result<Option<Self>, BadCursor> {
        if text.is_empty() {
            return Ok(None);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BadCursor)?;
        let rest = bytes.strip_prefix(&[VERSION]).ok_or(BadCursor)?;
        let rest = rest.strip_prefix(&fingerprint.to_be_bytes()).ok_or(BadCursor)?;
        let (as_of, rest) = number(rest)?;
        let (begun_us, rest) = number(rest)?;
        let (key, rest) = number(rest)?;
        let id = Uuid::from_slice(rest).map_err(|_| BadCursor)?;
        Ok(Some(Self { as_of, begun_us, key, id }))
    }
}

fn number(bytes: &[u8]) -> Result<(i64, &[u8]), BadCursor> {
    let (number, rest) = bytes.split_first_chunk::<8>().ok_or(BadCursor)?;
    Ok((i64::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_for_its_own_question_alone(as_of: i64, begun_us: i64, key: i64, id: u128, print: u64, other: u64) {
            let cursor = Cursor { as_of, begun_us, key, id: Uuid::from_u128(id) };
            let text = cursor.encode(print);
            prop_assert_eq!(Cursor::decode(&text, print), Ok(Some(cursor)));
            prop_assume!(print != other);
            prop_assert_eq!(Cursor::decode(&text, other), Err(BadCursor));
        }

        #[test]
        fn garbage_is_refused(text in "[ -~]{1,100}") {
            prop_assert_eq!(Cursor::decode(&text, 7), Err(BadCursor));
        }
    }

    #[test]
    fn no_cursor_is_the_beginning() {
        assert_eq!(Cursor::decode("", 1), Ok(None));
    }
}
