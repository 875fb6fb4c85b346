//! Deleting a task. It can be undone for thirty days; then it is forgotten.

use access::{Permit, action::WriteTasks};
use ids::TaskId;

use super::Means;
use crate::{
    domain::change::{Verb, diff},
    failure::Failure,
    ledger::{Actor, Entry},
    store::purge,
};

/// How long a deleted task can come back, microseconds.
const KEPT_US: i64 = 30 * 24 * 3600 * 1_000_000;

/// Why the task is still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeleteTaskError {
    /// Not there, or not for this member.
    #[error("no such task")]
    NotFound,
    /// Changed since it was read.
    #[error("the task has another version")]
    Stale,
    /// It is there as long as the provider has it.
    #[error("the provider has this task")]
    Mirrored,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Deletes a task.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<WriteTasks>,
    task: TaskId,
    expected: Option<i64>,
) -> Result<(), DeleteTaskError> {
    let mut tx = means.begin(&permit).await?;
    let found = means.lock(&mut tx, task.uuid()).await?.filter(|task| !task.deleted);
    let before = found.ok_or(DeleteTaskError::NotFound)?;
    if expected.is_some_and(|version| version != before.version) {
        return Err(DeleteTaskError::Stale);
    }
    if before.is_mirrored() {
        return Err(DeleteTaskError::Mirrored);
    }
    let mut after = before.clone();
    after.deleted = true;
    after.version += 1;
    after.updated_at_us = means.now_us();
    let fields = diff(&before, &after);
    let entry = Entry { task: after, verb: Verb::Deleted, actor: Actor::Member(permit.member()), fields };
    means.ledger.record(&mut tx, vec![entry]).await?;
    purge::deleted_tasks(&mut tx, means.now_us() - KEPT_US).await.map_err(Failure::from)?;
    means.commit(tx).await?;
    Ok(())
}
