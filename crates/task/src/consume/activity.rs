//! Activities as they came, those of removed sources left out.

use std::collections::{HashMap, HashSet};

use ::events::Received;
use outbox::HandleError;
use pg::TenantTx;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::{some_uuid, uuid};
use crate::store::audience;

/// An activity with its ids read.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub source: Uuid,
    pub thing: Uuid,
    pub item: Uuid,
    pub account: Option<Uuid>,
    pub mentioned: Vec<Uuid>,
    pub assignees: Vec<Uuid>,
    /// Everything else, as it came.
    pub activity: wire::Activity,
}

impl Seen {
    fn of(mut activity: wire::Activity) -> Result<Self, HandleError> {
        let ids =
            |list: Vec<Vec<u8>>| list.iter().map(|id| uuid(id, "accounts")).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            source: uuid(&activity.source_id, "source_id")?,
            thing: uuid(&activity.thing_id, "thing_id")?,
            item: uuid(&activity.item_id, "item_id")?,
            account: some_uuid(&activity.account_id, "account_id")?,
            mentioned: ids(std::mem::take(&mut activity.mentioned_accounts))?,
            assignees: ids(std::mem::take(&mut activity.assignee_accounts))?,
            activity,
        })
    }

    /// The item is gone at the provider.
    pub(super) fn is_deletion(&self) -> bool {
        self.activity.verb() == wire::Verb::Deleted
    }

    /// It says what the item says now.
    pub(super) fn has_content(&self) -> bool {
        !self.activity.content.is_empty() && self.activity.verb() != wire::Verb::Reacted
    }
}

/// The activities among the events that this service looks at. What was recorded before its source was removed comes too late.
pub(super) async fn read(tx: &mut TenantTx, events: &[Received]) -> Result<Vec<Seen>, HandleError> {
    let mut seen = Vec::new();
    for event in events {
        let Some(activity) = event.decode::<wire::Activity>()? else { continue };
        if matches!(activity.kind(), wire::ItemKind::Task | wire::ItemKind::Message) {
            seen.push((Seen::of(activity)?, event.recorded_at_us));
        }
    }
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let sources: HashSet<Uuid> = seen.iter().map(|(seen, _)| seen.source).collect();
    let removals = audience::removals(tx, &sources.into_iter().collect::<Vec<_>>()).await?;
    let removals: HashMap<Uuid, i64> = removals.into_iter().collect();
    let in_time =
        |(seen, recorded): &(Seen, i64)| removals.get(&seen.source).is_none_or(|removed| recorded > removed);
    Ok(seen.into_iter().filter(in_time).map(|(seen, _)| seen).collect())
}
