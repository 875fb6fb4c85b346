//! What happened to a task.

use std::collections::HashSet;

use access::{Permit, action::ReadTasks};
use ids::TaskId;

use super::Means;
use crate::{
    domain::{
        change::FieldChange,
        person::{Assignee, Person},
    },
    failure::Failure,
    present, sealed,
    store::{history, tasks},
};

/// Changes shown at most, the newest.
const MOST: i64 = 500;

/// A change as shown.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub version: i64,
    pub at_us: i64,
    /// Nobody, where the provider does not say.
    pub actor: Option<Person>,
    pub verb: String,
    pub fields: Vec<FieldChange>,
}

/// The changes of a task, newest first; nothing when it is not there or not for this member.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<ReadTasks>,
    task: TaskId,
) -> Result<Option<Vec<Change>>, Failure> {
    let keys = &means.ledger.keyring;
    let mut tx = means.begin(&permit).await?;
    if tasks::visible(&mut tx, task.uuid()).await?.is_none() {
        return Ok(None);
    }
    let rows = history::of_task(&mut tx, task.uuid(), MOST).await?;
    let actors: HashSet<_> =
        rows.iter().filter_map(|row| Assignee::of(row.actor_member, row.actor_account)).collect();
    let people = present::people(&mut tx, keys, actors).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        changes.push(Change {
            version: row.version,
            at_us: row.at_us,
            actor: present::person(&people, Assignee::of(row.actor_member, row.actor_account), ""),
            verb: row.verb,
            fields: sealed::fields(keys, permit.org(), task, &row.fields).await?,
        });
    }
    Ok(Some(changes))
}
