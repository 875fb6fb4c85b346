//! Making a task.

use access::{Permit, action::WriteTasks};
use chrono::NaiveDate;
use ids::{ListId, MemberId, TaskId};

use super::{Means, can_be_given};
use crate::{
    domain::{
        change::{Verb, beginning},
        person::Assignee,
        state::Priority,
        task::{Body, Task},
    },
    failure::Failure,
    ledger::{Actor, Entry},
    present::Shown,
};

/// What the task is to be; checked already.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// The default list when none is named.
    pub list: Option<ListId>,
    pub title: String,
    pub description: String,
    pub assignee: Option<MemberId>,
    pub due_on: Option<NaiveDate>,
    pub priority: Priority,
    pub labels: Vec<String>,
}

/// Why there is no new task.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateTaskError {
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

/// Makes a task.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<WriteTasks>,
    input: Input,
) -> Result<Shown, CreateTaskError> {
    let mut tx = means.begin(&permit).await?;
    let (list, audience) = means.list(&mut tx, input.list).await?.ok_or(CreateTaskError::NoSuchList)?;
    let assignee = input.assignee.map(Assignee::Member);
    if !can_be_given(&mut tx, assignee, audience).await? {
        return Err(CreateTaskError::Assignee);
    }
    let (title, description, labels) = (input.title, input.description, input.labels);
    let task = Task {
        assignee,
        due_on: input.due_on,
        priority: input.priority,
        body: Body { title, description, labels, ..Body::default() },
        ..Task::fresh(TaskId::from_uuid(means.entropy.uuid()), list, means.now_us())
    };
    let fields = beginning(&task);
    let id = task.id.uuid();
    let entry = Entry { task, verb: Verb::Created, actor: Actor::Member(permit.member()), fields };
    means.ledger.record(&mut tx, vec![entry]).await?;
    let shown = means.shown(&mut tx, id).await?.ok_or(Failure::Corrupt("task"))?;
    means.commit(tx).await?;
    Ok(shown)
}
