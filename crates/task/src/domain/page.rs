//! Pages that neither lose nor repeat while others write: the order is newest first by making, which never changes.

use uuid::Uuid;

use super::Invalid;

const DEFAULT: u32 = 50;
const MOST: u32 = 200;

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// Entries at most.
    pub limit: i64,
    /// The last entry of the page before.
    pub after: Cursor,
}

/// A place in the order: time of making in microseconds, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Time of making, microseconds since the epoch.
    pub at_us: i64,
    /// Id.
    pub id: Uuid,
}

impl Cursor {
    /// Before everything.
    const TOP: Self = Self { at_us: i64::MAX, id: Uuid::max() };

    fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('-')?;
        Some(Self { at_us: at.parse().ok()?, id: Uuid::try_parse(id).ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at_us, self.id.simple())
    }
}

impl Page {
    /// From a request: `limit` 0 means the default, an empty cursor the beginning.
    pub(crate) fn parse(limit: u32, cursor: &str) -> Result<Self, Invalid> {
        let after = match cursor {
            "" => Cursor::TOP,
            text => Cursor::parse(text).ok_or(Invalid::new("cursor", "is not one of ours"))?,
        };
        let limit = if limit == 0 { DEFAULT } else { limit.min(MOST) };
        Ok(Self { limit: i64::from(limit), after })
    }

    /// Cuts the one entry too many that was fetched to see whether there is more.
    pub(crate) fn cut<T>(self, mut found: Vec<T>, place: impl Fn(&T) -> Cursor) -> (Vec<T>, Option<Cursor>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if found.len() <= limit {
            return (found, None);
        }
        found.truncate(limit);
        let next = found.last().map(place);
        (found, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_was_written_and_garbage_is_refused() {
        let cursor = Cursor { at_us: 17, id: Uuid::from_u128(4) };
        assert_eq!(Page::parse(1000, &cursor.to_string()), Ok(Page { limit: 200, after: cursor }));
        for bad in ["x", "1-", "-1", "1-2", "99999999999999999999-00000000000000000000000000000004"] {
            assert!(Page::parse(0, bad).is_err(), "{bad}");
        }
    }
}
