//! The one way in which a task changes: the row, its history and the events about it, in one transaction.

use std::collections::HashMap;

use ids::{AccountId, MemberId, TaskId};
use keyring::Keyring;
use outbox::Emitter;
use pg::TenantTx;

use crate::{
    domain::{
        change::{FieldChange, Verb},
        person::Assignee,
        suggestion::Suggestion,
        task::Task,
    },
    events,
    failure::Failure,
    sealed,
    store::{directory, evidence, history, tasks},
};

/// Who changed a task.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Actor {
    /// A member, in Oz.
    Member(MemberId),
    /// Somebody at the provider, if it says who.
    Account(Option<AccountId>),
    /// Nobody: the organization wants what is so sure done unasked.
    Oz,
}

/// A change about to be written down.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The task after it, with its new version.
    pub task: Task,
    /// What was done.
    pub verb: Verb,
    /// By whom.
    pub actor: Actor,
    /// What differs; empty when nothing is to be remembered.
    pub fields: Vec<FieldChange>,
}

/// Writes changes down.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// Seals what people wrote.
    pub keyring: Keyring,
    /// Tells the others.
    pub emitter: Emitter,
}

impl Ledger {
    /// Writes the changes down, in their order. The last of a task's changes is how it stands.
    ///
    /// # Errors
    /// When the database, the keys or the outbox refuse; then the transaction must not be committed.
    pub(crate) async fn record(&self, tx: &mut TenantTx, entries: Vec<Entry>) -> Result<(), Failure> {
        let org = tx.org();
        let members = self.assigned_members(tx, &entries).await?;
        let (mut rows, mut changes, mut told) = (HashMap::new(), Vec::new(), Vec::new());
        for Entry { task, verb, actor, fields } in &entries {
            rows.insert(task.id, sealed::row(&self.keyring, org, task).await?);
            let (member, account) = match *actor {
                Actor::Member(id) => (Some(id), None),
                Actor::Account(id) => (None, id),
                Actor::Oz => (None, None),
            };
            if !fields.is_empty() {
                changes.push(history::ChangeRow {
                    task_id: task.id.uuid(),
                    version: task.version,
                    at_us: task.updated_at_us,
                    actor_member: member.map(MemberId::uuid),
                    actor_account: account.map(AccountId::uuid),
                    verb: verb.as_str().to_owned(),
                    fields: sealed::seal_fields(&self.keyring, org, task.id, fields).await?,
                });
            }
            let content = match task.deleted {
                true => Vec::new(),
                false => {
                    self.keyring.seal(org, events::CONTENT, task.id.uuid(), &events::content(task)).await?
                }
            };
            let assignee = task.assignee.and_then(|assignee| match assignee {
                Assignee::Member(id) => Some(id),
                Assignee::Account(id) => members.get(&id).copied(),
            });
            told.push(events::task_changed(task, assignee, member, content));
        }
        tasks::put(tx, rows.into_values().collect()).await?;
        history::append(tx, changes).await?;
        self.emitter.append(tx, told).await?;
        Ok(())
    }

    /// Keeps the words of the message with the task that was made or changed from them.
    ///
    /// # Errors
    /// As for [`Self::record`].
    pub(crate) async fn prove(
        &self,
        tx: &mut TenantTx,
        suggestion: &Suggestion,
        task: TaskId,
    ) -> Result<(), Failure> {
        let (org, message) = (tx.org(), suggestion.message.uuid());
        let row = evidence::EvidenceRow {
            task_id: task.uuid(),
            item_id: message,
            source_id: suggestion.source.uuid(),
            thing_id: suggestion.thing,
            quote: sealed::seal_quote(&self.keyring, org, message, &suggestion.words.quote).await?,
        };
        Ok(evidence::put(tx, &row).await?)
    }

    /// Which members the assigned accounts are.
    async fn assigned_members(
        &self,
        tx: &mut TenantTx,
        entries: &[Entry],
    ) -> Result<HashMap<AccountId, MemberId>, Failure> {
        let accounts = entries.iter().filter_map(|entry| entry.task.assignee?.account());
        let accounts: Vec<_> = accounts.map(AccountId::uuid).collect();
        if accounts.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = directory::accounts(tx, &accounts).await?;
        let linked = |row: directory::AccountRow| {
            Some((AccountId::from_uuid(row.account_id), MemberId::from_uuid(row.member_id?)))
        };
        Ok(rows.into_iter().filter_map(linked).collect())
    }
}
