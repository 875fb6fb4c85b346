//! What members do, one verb a file. A use case holds a permit for its action, works in one transaction, and says in its own
//! error what can go wrong.

pub(crate) mod accept_suggestion;
pub(crate) mod create_list;
pub(crate) mod create_task;
pub(crate) mod delete_task;
pub(crate) mod get_history;
pub(crate) mod get_task;
pub(crate) mod list_lists;
pub(crate) mod list_suggestions;
pub(crate) mod list_tasks;
pub(crate) mod reject_suggestion;
pub(crate) mod thresholds;
pub(crate) mod undo_task;
pub(crate) mod update_suggestion;
pub(crate) mod update_task;

use access::{Action, Permit};
use clock::Entropy;
use ids::{ListId, MemberId, OrgId};
use pg::{TenantPool, TenantTx};
use uuid::Uuid;

use crate::{
    default_list,
    domain::{person::Assignee, task::Task},
    failure::Failure,
    ledger::Ledger,
    present::{self, Shown},
    sealed,
    store::{directory, lists, tasks},
};

/// What a use case works with.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    /// The database.
    pub pool: TenantPool,
    /// How tasks change.
    pub ledger: Ledger,
    /// Time and ids.
    pub entropy: Entropy,
}

impl Means {
    async fn begin<A: Action>(&self, permit: &Permit<A>) -> Result<TenantTx, Failure> {
        Ok(TenantTx::begin(&self.pool, &permit.scope()).await?)
    }

    async fn commit(&self, tx: TenantTx) -> Result<(), Failure> {
        Ok(self.ledger.emitter.commit(tx).await?)
    }

    fn now_us(&self) -> i64 {
        self.entropy.clock().now_us()
    }

    /// The task if the member sees it, deleted or not, locked.
    async fn lock(&self, tx: &mut TenantTx, task: Uuid) -> Result<Option<Task>, Failure> {
        match tasks::lock_visible(tx, task).await? {
            Some(row) => Ok(Some(sealed::task(&self.ledger.keyring, tx.org(), row).await?)),
            None => Ok(None),
        }
    }

    /// The task as the member sees it.
    async fn shown(&self, tx: &mut TenantTx, task: Uuid) -> Result<Option<Shown>, Failure> {
        let row = tasks::visible(tx, task).await?;
        Ok(present::tasks(tx, &self.ledger.keyring, row.into_iter().collect()).await?.pop())
    }

    /// The list named, or the default one, with its audience; `None` when the member does not see it.
    async fn list(
        &self,
        tx: &mut TenantTx,
        named: Option<ListId>,
    ) -> Result<Option<(ListId, Uuid)>, Failure> {
        let list = match named {
            Some(list) => list,
            None => default_list::ensure(tx, &self.ledger, self.now_us()).await?,
        };
        Ok(lists::visible_audience(tx, list.uuid()).await?.map(|audience| (list, audience)))
    }
}

/// Whether somebody can be given a task of a list. Of accounts nothing is asked: providers name them.
async fn can_be_given(
    tx: &mut TenantTx,
    assignee: Option<Assignee>,
    audience: Uuid,
) -> Result<bool, Failure> {
    match assignee.and_then(Assignee::member) {
        Some(member) => Ok(directory::can_be_given(tx, member.uuid(), audience).await?),
        None => Ok(true),
    }
}

/// The audit entry of a member's decision.
fn audited(org: OrgId, action: &str, subject: String, member: MemberId, at_us: i64) -> ::events::Event {
    crate::events::audit(org, action, subject, member.to_string(), access::Purpose::ServeTeam, at_us)
}
