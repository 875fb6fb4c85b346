//! Taking the newest change back that was not taken back yet.

use access::{Permit, action::WriteTasks};
use ids::TaskId;

use super::{
    Means,
    update_task::{self, UpdateTaskError},
};
use crate::{
    domain::change::{Verb, taken_back},
    failure::Failure,
    present::Shown,
    sealed,
    store::history,
};

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UndoTaskError {
    /// Not there, or not for this member.
    #[error("no such task")]
    NotFound,
    /// Changed since it was read.
    #[error("the task has another version")]
    Stale,
    /// No change is left that a member made.
    #[error("nothing is left to take back")]
    NothingLeft,
    /// What it was is no longer possible: its list or its assignee is gone for this member.
    #[error("what it was is no longer possible")]
    Impossible,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Takes the newest change back; deleting is a change. The undo itself is in the history. Going on goes further back; what a
/// provider changed is the provider's.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<WriteTasks>,
    task: TaskId,
    expected: Option<i64>,
) -> Result<Shown, UndoTaskError> {
    let keys = &means.ledger.keyring;
    let mut tx = means.begin(&permit).await?;
    let found = means.lock(&mut tx, task.uuid()).await?.filter(|task| !(task.deleted && task.is_mirrored()));
    let before = found.ok_or(UndoTaskError::NotFound)?;
    if expected.is_some_and(|version| version != before.version) {
        return Err(UndoTaskError::Stale);
    }
    let newest = history::take_back(&mut tx, task.uuid()).await.map_err(Failure::from)?;
    let newest = newest.ok_or(UndoTaskError::NothingLeft)?;
    let fields = sealed::fields(keys, permit.org(), task, &newest.fields).await?;
    let after = taken_back(&before, &fields).ok_or(Failure::Corrupt("task_change"))?;
    let changed = update_task::change(means, &mut tx, &before, after, Verb::Undone, permit.member()).await;
    changed.map_err(|error| match error {
        UpdateTaskError::Failure(failure) => failure.into(),
        UpdateTaskError::NotFound => UndoTaskError::NotFound,
        UpdateTaskError::Stale => UndoTaskError::Stale,
        UpdateTaskError::Mirrored | UpdateTaskError::NoSuchList | UpdateTaskError::Assignee => {
            UndoTaskError::Impossible
        }
    })?;
    let shown = means.shown(&mut tx, task.uuid()).await?.ok_or(UndoTaskError::NotFound)?;
    means.commit(tx).await?;
    Ok(shown)
}
