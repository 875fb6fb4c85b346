//! Pages: how many, and where the last one ended.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::Invalid;

const DEFAULT: u32 = 50;
const MOST: u32 = 200;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many, 1 to 200.
    limit: u32,
    /// The last one of the page before.
    pub(crate) after: Option<Uuid>,
}

impl Page {
    /// From what came in; 0 asks for the usual number, an empty cursor for the beginning.
    pub(crate) fn new(limit: u32, cursor: &str) -> Result<Self, Invalid> {
        let limit = match limit {
            0 => DEFAULT,
            1..=MOST => limit,
            _ => return Err(Invalid::new("limit", "expected 1 to 200")),
        };
        let wrong = Invalid::new("cursor", "expected a cursor of an earlier page");
        let after = match cursor {
            "" => None,
            text => {
                let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong.clone())?;
                Some(Uuid::from_slice(&bytes).map_err(|_| wrong)?)
            }
        };
        Ok(Self { limit, after })
    }

    /// How many rows to fetch: one more than asked for, to know whether there is a next page.
    pub(crate) fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the surplus row off and says where the next page begins; empty at the end.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, id: impl Fn(&T) -> Uuid) -> String {
        let limit = self.limit as usize;
        if rows.len() <= limit {
            return String::new();
        }
        rows.truncate(limit);
        rows.last().map(|row| URL_SAFE_NO_PAD.encode(id(row).as_bytes())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_loss_or_repeats() {
        let all: Vec<Uuid> = (1..=7).map(Uuid::from_u128).collect();
        for limit in 1..=8 {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = Page::new(limit, &cursor).unwrap();
                let from = all.iter().copied().filter(|id| page.after.is_none_or(|after| *id > after));
                let mut rows: Vec<Uuid> = from.take(page.fetch() as usize).collect();
                cursor = page.cut(&mut rows, |id| *id);
                seen.extend(rows);
                if cursor.is_empty() {
                    break;
                }
            }
            assert_eq!(seen, all, "limit {limit}");
        }
    }

    #[test]
    fn limits_and_cursors_that_nobody_gave_out_are_refused() {
        assert_eq!(Page::new(0, "").unwrap().fetch(), 51);
        assert_eq!(Page::new(201, "").unwrap_err().field, "limit");
        assert_eq!(Page::new(1, "!").unwrap_err().field, "cursor");
        assert_eq!(Page::new(1, "AAAA").unwrap_err().field, "cursor");
    }
}
