//! The tasks a member sees, page by page.

use access::{Permit, action::ReadTasks};

use super::Means;
use crate::{
    domain::page::{Cursor, Page},
    failure::Failure,
    present::{self, Shown},
    store::{
        lists,
        tasks::{self, Filter},
    },
};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListTasksError {
    /// The list asked for is not there, or not for this member.
    #[error("no such list")]
    NoSuchList,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A page of tasks, newest first.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<ReadTasks>,
    filter: Filter,
    page: Page,
) -> Result<(Vec<Shown>, Option<Cursor>), ListTasksError> {
    let mut tx = means.begin(&permit).await?;
    if let Some(list) = filter.list {
        let seen = lists::visible_audience(&mut tx, list).await.map_err(Failure::from)?;
        seen.ok_or(ListTasksError::NoSuchList)?;
    }
    let rows = tasks::page(&mut tx, filter, page).await.map_err(Failure::from)?;
    let (rows, next) = page.cut(rows, |row| Cursor { at_us: row.created_at_us, id: row.task_id });
    let shown = present::tasks(&mut tx, &means.ledger.keyring, rows).await?;
    Ok((shown, next))
}
