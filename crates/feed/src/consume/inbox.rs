//! A batch of events by what they are about, of each thing the latest word where only that counts.

use std::collections::BTreeMap;

use events::Received;
use outbox::HandleError;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::{id, optional_id};
use crate::store::{
    audience::{Membership, Source},
    people::Member,
};

/// A team as told: sealed name and members, or its end.
pub(super) type Team = Option<(Vec<u8>, Vec<Uuid>)>;

/// What came.
#[derive(Default)]
pub(super) struct Inbox {
    /// The organization is gone.
    pub erased: bool,
    /// Sealed profile, bot.
    pub accounts: BTreeMap<Uuid, (Vec<u8>, bool)>,
    pub links: BTreeMap<Uuid, Option<Uuid>>,
    pub members: BTreeMap<Uuid, Member>,
    pub teams: BTreeMap<Uuid, Team>,
    /// Every word about a source, in order.
    pub sources: BTreeMap<Uuid, Vec<Source>>,
    /// By source and account.
    pub memberships: BTreeMap<(Uuid, Uuid), Membership>,
    /// Audience, deleted.
    pub lists: BTreeMap<Uuid, (Uuid, bool)>,
    pub tasks: BTreeMap<Uuid, wire::TaskChanged>,
    pub activities: Vec<wire::Activity>,
}

impl Inbox {
    /// Sorts a batch.
    pub(super) fn read(events: &[Received]) -> Result<Self, HandleError> {
        let mut inbox = Self::default();
        for event in events {
            match event.topic() {
                events::topic::ACTIVITY => inbox.activities.extend(event.decode::<wire::Activity>()?),
                events::topic::AUDIENCE => inbox.audience(event)?,
                events::topic::ACCOUNT => inbox.account(event)?,
                events::topic::ORGANIZATION => inbox.organization(event)?,
                events::topic::TASK => inbox.task(event)?,
                _ => {}
            }
        }
        Ok(inbox)
    }

    fn audience(&mut self, event: &Received) -> Result<(), HandleError> {
        if let Some(shared) = event.decode::<wire::SourceShared>()? {
            let source = Source {
                id: id(&shared.source_id, "source_id")?,
                provider: shared.provider,
                key: shared.key,
                audience: id(&shared.audience, "audience")?,
                revision: shared.revision,
                removed: false,
            };
            self.sources.entry(source.id).or_default().push(source);
        } else if let Some(removed) = event.decode::<wire::SourceRemoved>()? {
            let source = Source {
                id: id(&removed.source_id, "source_id")?,
                provider: String::new(),
                key: Vec::new(),
                audience: Uuid::nil(),
                revision: removed.revision,
                removed: true,
            };
            // Who could see it before it was removed is no longer true: unknown is hidden.
            self.memberships.retain(|(of, _), _| *of != source.id);
            self.sources.entry(source.id).or_default().push(source);
        } else if let Some(member) = event.decode::<wire::SourceMember>()? {
            let (source, account) =
                (id(&member.source_id, "source_id")?, id(&member.account_id, "account_id")?);
            let told = Membership { source, account, present: member.present, version: member.version_us };
            let kept = self.memberships.entry((source, account)).or_insert(told);
            if told.version >= kept.version {
                *kept = told;
            }
        }
        Ok(())
    }

    fn account(&mut self, event: &Received) -> Result<(), HandleError> {
        if let Some(seen) = event.decode::<wire::AccountSeen>()? {
            self.accounts.insert(id(&seen.account_id, "account_id")?, (seen.profile, seen.bot));
        }
        Ok(())
    }

    fn organization(&mut self, event: &Received) -> Result<(), HandleError> {
        if let Some(changed) = event.decode::<wire::OrganizationChanged>()? {
            self.erased |= changed.erased;
        } else if let Some(changed) = event.decode::<wire::MemberChanged>()? {
            let member = id(&changed.member_id, "member_id")?;
            let told =
                Member { id: member, profile: changed.profile, role: changed.role, active: changed.active };
            self.members.insert(member, told);
        } else if let Some(changed) = event.decode::<wire::TeamChanged>()? {
            let members = changed.member_ids.iter().map(|member| id(member, "member_id"));
            let members = members.collect::<Result<Vec<Uuid>, _>>()?;
            let team = (!changed.deleted).then_some((changed.name, members));
            self.teams.insert(id(&changed.team_id, "team_id")?, team);
        } else if let Some(linked) = event.decode::<wire::AccountLinked>()? {
            let member = optional_id(&linked.member_id, "member_id")?;
            self.links.insert(id(&linked.account_id, "account_id")?, member);
        }
        Ok(())
    }

    fn task(&mut self, event: &Received) -> Result<(), HandleError> {
        if let Some(list) = event.decode::<wire::ListChanged>()? {
            let audience = optional_id(&list.audience, "audience")?.unwrap_or_default();
            self.lists.insert(id(&list.list_id, "list_id")?, (audience, list.deleted));
        } else if let Some(task) = event.decode::<wire::TaskChanged>()? {
            let which = id(&task.task_id, "task_id")?;
            if self.tasks.get(&which).is_none_or(|kept| kept.version <= task.version) {
                self.tasks.insert(which, task);
            }
        }
        Ok(())
    }
}
