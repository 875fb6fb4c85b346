//! Changing a task.

use access::{Permit, action::WriteTasks};
use chrono::NaiveDate;
use ids::{ListId, MemberId, TaskId};
use pg::TenantTx;

use super::{Means, can_be_given};
use crate::{
    domain::{
        change::{Field, Verb, diff},
        person::Assignee,
        state::{Priority, State},
        task::Task,
    },
    failure::Failure,
    ledger::{Actor, Entry},
    present::Shown,
    store::lists,
};

/// What is to be otherwise; `None` stays as it is. Checked already.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patch {
    pub title: Option<String>,
    pub description: Option<String>,
    pub state: Option<State>,
    pub assignee: Option<Option<MemberId>>,
    pub due_on: Option<Option<NaiveDate>>,
    pub priority: Option<Priority>,
    pub labels: Option<Vec<String>>,
    pub list: Option<ListId>,
}

impl Patch {
    /// The task with the patch.
    fn applied(self, task: &Task) -> Task {
        let mut task = task.clone();
        if let Some(state) = self.state {
            // To stay where it is is no change, and no error of who repeats a request.
            task.state = task.state.go(state).unwrap_or(task.state);
        }
        task.body.title = self.title.unwrap_or(task.body.title);
        task.body.description = self.description.unwrap_or(task.body.description);
        task.body.labels = self.labels.unwrap_or(task.body.labels);
        task.due_on = self.due_on.unwrap_or(task.due_on);
        task.priority = self.priority.unwrap_or(task.priority);
        task.list = self.list.unwrap_or(task.list);
        if let Some(member) = self.assignee {
            task.assignee = member.map(Assignee::Member);
        }
        task
    }
}

/// Why the task stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateTaskError {
    /// Not there, or not for this member.
    #[error("no such task")]
    NotFound,
    /// Changed since it was read.
    #[error("the task has another version")]
    Stale,
    /// The provider decides what it says.
    #[error("the provider decides this field")]
    Mirrored,
    /// The list is not there or not for this member.
    #[error("no such list")]
    NoSuchList,
    /// The assignee is no active member who sees the list.
    #[error("this member cannot be given the task")]
    Assignee,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Changes a task. A patch that changes nothing leaves version and history alone.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<WriteTasks>,
    task: TaskId,
    expected: Option<i64>,
    patch: Patch,
) -> Result<Shown, UpdateTaskError> {
    let mut tx = means.begin(&permit).await?;
    let found = means.lock(&mut tx, task.uuid()).await?.filter(|task| !task.deleted);
    let before = found.ok_or(UpdateTaskError::NotFound)?;
    if expected.is_some_and(|version| version != before.version) {
        return Err(UpdateTaskError::Stale);
    }
    let after = patch.applied(&before);
    change(means, &mut tx, &before, after, Verb::Updated, permit.member()).await?;
    let shown = means.shown(&mut tx, task.uuid()).await?.ok_or(UpdateTaskError::NotFound)?;
    means.commit(tx).await?;
    Ok(shown)
}

/// Checks what `before` becomes and writes it down, if it differs.
pub(super) async fn change(
    means: &Means,
    tx: &mut TenantTx,
    before: &Task,
    mut after: Task,
    verb: Verb,
    member: MemberId,
) -> Result<(), UpdateTaskError> {
    let fields = diff(before, &after);
    if fields.is_empty() {
        return Ok(());
    }
    let local = |field: Field| matches!(field, Field::ListId | Field::Priority);
    if before.is_mirrored() && !fields.iter().all(|change| local(change.field)) {
        return Err(UpdateTaskError::Mirrored);
    }
    let audience = lists::visible_audience(tx, after.list.uuid()).await.map_err(Failure::from)?;
    let audience = audience.ok_or(UpdateTaskError::NoSuchList)?;
    let given = after.assignee != before.assignee || after.list != before.list;
    if given && !can_be_given(tx, after.assignee, audience).await? {
        return Err(UpdateTaskError::Assignee);
    }
    after.version = before.version + 1;
    after.updated_at_us = means.now_us();
    means.ledger.record(tx, vec![Entry { task: after, verb, actor: Actor::Member(member), fields }]).await?;
    Ok(())
}
