//! What is sure enough is done unasked, where an organization wants that: its history says that nobody did it, and it can be taken
//! back like anything else.

use std::collections::HashSet;

use access::Purpose;
use ids::TaskId;
use pg::TenantTx;
use uuid::Uuid;

use crate::{
    default_list,
    domain::{
        change::{Verb, beginning, diff},
        suggestion::{Effect, Status, Suggestion},
        task::Task,
        thresholds::{RECENT_US, Thresholds},
    },
    events,
    failure::Failure,
    ledger::{Actor, Entry, Ledger},
    sealed,
    store::{
        suggestions::{self, FoundRow},
        tasks,
    },
};

/// Those of the findings that may be done unasked.
pub(super) fn sure(found: &[FoundRow], thresholds: Thresholds, now_us: i64) -> HashSet<Uuid> {
    let taken = |found: &&FoundRow| {
        found.own
            && thresholds.takes(found.row.confidence)
            && found.row.created_at_us > now_us.saturating_sub(RECENT_US)
    };
    found.iter().filter(taken).map(|found| found.row.suggestion_id).collect()
}

/// Accepts new suggestions without a member.
pub(super) async fn apply(
    tx: &mut TenantTx,
    ledger: &Ledger,
    new: &[Uuid],
    now_us: i64,
) -> Result<(), Failure> {
    if new.is_empty() {
        return Ok(());
    }
    let org = tx.org();
    for row in suggestions::undecided(tx, new).await? {
        let suggestion = sealed::suggestion(&ledger.keyring, org, row).await?;
        let Some(task) = take(tx, ledger, &suggestion, now_us).await? else { continue };
        ledger.prove(tx, &suggestion, task).await?;
        let (id, accepted) = (suggestion.id, Status::Accepted.as_str());
        suggestions::decide(tx, id.uuid(), accepted, Some(task.uuid()), None, now_us).await?;
        let (action, service) = ("suggestion.taken_over", "task".to_owned());
        let audit = events::audit(org, action, id.to_string(), service, Purpose::Operate, now_us);
        ledger.emitter.append(tx, [audit]).await?;
    }
    Ok(())
}

/// Makes or changes the task; `None` when there is nothing to change any more.
async fn take(
    tx: &mut TenantTx,
    ledger: &Ledger,
    suggestion: &Suggestion,
    now_us: i64,
) -> Result<Option<TaskId>, Failure> {
    if suggestion.effect == Effect::Create {
        let list = default_list::ensure(tx, ledger, now_us).await?;
        let task = suggestion.as_task(tx.org(), list, now_us);
        let (id, fields) = (task.id, beginning(&task));
        ledger.record(tx, vec![Entry { task, verb: Verb::Created, actor: Actor::Oz, fields }]).await?;
        return Ok(Some(id));
    }
    let Some(id) = suggestion.task else { return Ok(None) };
    let Some(row) = tasks::lock(tx, &[id.uuid()]).await?.pop() else { return Ok(None) };
    let before = sealed::task(&ledger.keyring, tx.org(), row).await?;
    let after = suggestion.applied(&before);
    let fields = diff(&before, &after);
    if before.deleted || before.is_mirrored() || fields.is_empty() {
        return Ok(None);
    }
    let task = Task { version: before.version + 1, updated_at_us: now_us, ..after };
    ledger.record(tx, vec![Entry { task, verb: Verb::Updated, actor: Actor::Oz, fields }]).await?;
    Ok(Some(id))
}
