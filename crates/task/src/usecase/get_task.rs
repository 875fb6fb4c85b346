//! One task.

use access::{Permit, action::ReadTasks};
use ids::TaskId;

use super::Means;
use crate::{failure::Failure, present::Shown};

/// The task, or nothing when it is not there or not for this member.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<ReadTasks>,
    task: TaskId,
) -> Result<Option<Shown>, Failure> {
    let mut tx = means.begin(&permit).await?;
    means.shown(&mut tx, task.uuid()).await
}
