//! Provider tasks as tasks of Oz. The provider decides what they say; list and priority are Oz's own.

use std::collections::{HashMap, HashSet};

use ids::{AccountId, OrgId, SourceId, TaskId};
use keyring::Keyring;
use outbox::HandleError;
use pg::TenantTx;
use prost::Message;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::activity::Seen;
use crate::{
    default_list,
    domain::{
        change::{Verb, beginning, diff},
        fitted,
        person::Assignee,
        state::State,
        task::{self, Body, LONGEST_DESCRIPTION, LONGEST_TITLE, Task},
    },
    failure::Failure,
    ledger::{Actor, Entry, Ledger},
    sealed,
    store::{history, tasks},
};

/// Applies the activities on tasks.
pub(super) async fn apply(
    tx: &mut TenantTx,
    ledger: &Ledger,
    seen: &[Seen],
    now_us: i64,
) -> Result<(), HandleError> {
    let on_tasks: Vec<&Seen> =
        seen.iter().filter(|seen| seen.activity.kind() == wire::ItemKind::Task).collect();
    if on_tasks.is_empty() {
        return Ok(());
    }
    let org = tx.org();
    let list = default_list::ensure(tx, ledger, now_us).await?;
    let ids: HashSet<Uuid> = on_tasks.iter().map(|seen| seen.item).collect();
    let mut known = HashMap::new();
    for row in tasks::lock(tx, &ids.into_iter().collect::<Vec<_>>()).await? {
        known.insert(row.task_id, sealed::task(&ledger.keyring, org, row).await?);
    }
    let (mut entries, mut gone) = (Vec::new(), Vec::new());
    for seen in on_tasks {
        let before = known.get(&seen.item);
        if before.is_some_and(|task| is_outdated(task, seen)) {
            continue;
        }
        let start = before.cloned().unwrap_or_else(|| {
            let opened = seen.activity.thing_opened_at_us;
            let at = if opened > 0 { opened } else { seen.activity.occurred_at_us };
            Task { version: 0, ..Task::fresh(TaskId::from_uuid(seen.item), list, at) }
        });
        let Some(after) = changed(&ledger.keyring, org, &start, seen).await? else { continue };
        if after.deleted {
            gone.push(seen.item);
        }
        let fields = match before {
            Some(before) if !before.deleted => diff(before, &after),
            _ if after.deleted => Vec::new(),
            _ => beginning(&after),
        };
        known.insert(seen.item, after.clone());
        if !fields.is_empty() || after.deleted {
            let account = seen.account.map(AccountId::from_uuid);
            let task = Task { version: start.version + 1, updated_at_us: now_us, ..after };
            known.insert(seen.item, task.clone());
            entries.push(Entry { task, verb: Verb::Provider, actor: Actor::Account(account), fields });
        }
    }
    // Their history would tell what the provider has deleted; one of this batch is not written at all.
    entries
        .iter_mut()
        .filter(|entry| gone.contains(&entry.task.id.uuid()))
        .for_each(|entry| entry.fields.clear());
    ledger.record(tx, entries).await?;
    if !gone.is_empty() {
        history::forget(tx, &gone).await?;
    }
    Ok(())
}

/// Whether the task has seen this version. Providers count whole seconds: of equal versions the later counts, unless the item is
/// gone.
fn is_outdated(task: &Task, seen: &Seen) -> bool {
    let version = seen.activity.version_us;
    version < task.version_us || version == task.version_us && task.deleted
}

/// The task as the provider has it now; `None` when the activity says nothing of it.
async fn changed(keys: &Keyring, org: OrgId, before: &Task, seen: &Seen) -> Result<Option<Task>, Failure> {
    let activity = &seen.activity;
    let mut task = before.clone();
    task.source = Some(SourceId::from_uuid(seen.source));
    task.thing = Some(seen.thing);
    task.item = Some(seen.item);
    task.version_us = activity.version_us;
    if seen.is_deletion() {
        task.deleted = true;
        task.body = Body::default();
        return Ok(Some(task));
    }
    if !seen.has_content() {
        return Ok(None);
    }
    let content = keys.open(org, "item", seen.item, &activity.content).await?;
    let content = wire::Content::decode(&content[..]).map_err(|_| Failure::Corrupt("content"))?;
    activity.provider.clone_into(&mut task.provider);
    task.deleted = false;
    task.state = state(activity.state()).unwrap_or(before.state);
    task.assignee = seen.assignees.first().map(|id| Assignee::Account(AccountId::from_uuid(*id)));
    // A provider's date that is none is no reason to lose the task.
    task.due_on = task::due_on(&activity.due_on).unwrap_or_default();
    task.body = body(content);
    Ok(Some(task))
}

fn body(content: wire::Content) -> Body {
    let title = fitted(&content.title, LONGEST_TITLE);
    Body {
        title: if title.is_empty() { fitted(&content.thing_title, LONGEST_TITLE) } else { title },
        description: content.text.chars().filter(|c| *c != '\0').take(LONGEST_DESCRIPTION).collect(),
        labels: task::fitted_labels(content.labels),
        provider_state: fitted(&content.provider_state, 100),
        url: if content.url.is_empty() { content.thing_url } else { content.url },
        assignee_name: content.assignee_names.into_iter().next().unwrap_or_default(),
    }
}

fn state(state: wire::State) -> Option<State> {
    match state {
        wire::State::Unspecified => None,
        wire::State::Open => Some(State::Open),
        wire::State::InProgress => Some(State::InProgress),
        wire::State::Done => Some(State::Done),
        wire::State::Canceled => Some(State::Canceled),
    }
}
