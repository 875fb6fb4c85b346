//! The tasks a member sees, page by page.

use access::{Permit, action::ReadTasks};

use super::Means;
use crate::{
    domain::page::{Cursor, Page},
    failure::Failure,
    present::{self, Shown},
    store::tasks::{self, Filter},
};

/// A page of tasks, newest first.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<ReadTasks>,
    filter: Filter,
    page: Page,
) -> Result<(Vec<Shown>, Option<Cursor>), Failure> {
    let mut tx = means.begin(&permit).await?;
    let rows = tasks::page(&mut tx, filter, page).await?;
    let (rows, next) = page.cut(rows, |row| Cursor { at_us: row.created_at_us, id: row.task_id });
    let shown = present::tasks(&mut tx, &means.ledger.keyring, rows).await?;
    Ok((shown, next))
}
