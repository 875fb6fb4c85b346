//! The suggestions a member sees, page by page.

use access::{Permit, action::ReadSuggestions};

use super::Means;
use crate::{
    domain::{
        page::{Cursor, Page},
        suggestion::Status,
    },
    failure::Failure,
    present::{self, ShownSuggestion},
    store::suggestions,
};

/// A page of suggestions, newest message first.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<ReadSuggestions>,
    status: Status,
    page: Page,
) -> Result<(Vec<ShownSuggestion>, Option<Cursor>), Failure> {
    let mut tx = means.begin(&permit).await?;
    let rows = suggestions::page(&mut tx, status.as_str(), page).await?;
    let (rows, next) = page.cut(rows, |row| Cursor { at_us: row.created_at_us, id: row.suggestion_id });
    let shown = present::suggestions(&mut tx, &means.ledger.keyring, rows).await?;
    Ok((shown, next))
}
