//! What the service learns: what may be counted, and who belongs to whom. It reads no content; what is sealed stays sealed.

mod measure;

use std::collections::BTreeSet;

use async_trait::async_trait;
use events::{Received, topic};
use outbox::{HandleError, Handler};
use pg::TenantTx;
use proto::events::v1::{
    AccountLinked, Measure, MemberChanged, OrganizationChanged, SourceRemoved, SourceShared, TaskChanged,
    TeamChanged,
};
use uuid::Uuid;

use crate::{
    domain::fact::{self, Sighting},
    store::{self, Turn, items, people, points},
};

/// Topics it listens to.
pub const TOPICS: &[&str] = &[topic::METADATA, topic::TASK, topic::AUDIENCE, topic::ORGANIZATION];

/// Counts. Everything it keeps joins in any order, so repeats and late arrivals change nothing that they should not.
#[derive(Debug, Clone, Copy)]
pub struct Count;

#[async_trait]
impl Handler for Count {
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        let mut sightings = Vec::new();
        let mut others = Vec::new();
        for event in events {
            if let Some(measure) = event.decode::<Measure>()? {
                sightings.extend(measure::of_measure(&measure).map_err(poison)?);
            } else if let Some(task) = event.decode::<TaskChanged>()? {
                sightings.extend(measure::of_task(&task).map_err(poison)?);
            } else {
                others.push(event);
            }
        }
        let removes = |event: &&Received| event.is::<SourceRemoved>() || event.is::<OrganizationChanged>();
        let turn = if others.iter().any(removes) { Turn::Alone } else { Turn::Together };
        store::take_turn(tx, turn).await?;
        if people::erased(tx).await? {
            return Ok(());
        }
        // First what is counted, then what is removed: the tombstone keeps out what comes later.
        count(tx, sightings).await?;
        for event in others {
            learn(tx, event).await?;
        }
        Ok(())
    }
}

/// Brings the figures in line with what was seen.
async fn count(tx: &mut TenantTx, mut sightings: Vec<Sighting>) -> Result<(), HandleError> {
    let sources: BTreeSet<Uuid> = sightings.iter().map(|seen| seen.source).collect();
    let removed = items::removed(tx, &sources.into_iter().collect::<Vec<_>>()).await?;
    sightings.retain(|seen| !removed.contains(&seen.source));
    if sightings.is_empty() {
        return Ok(());
    }
    let mut things: BTreeSet<Uuid> = sightings.iter().map(|seen| seen.thing).collect();
    let known = fact::join(sightings);
    let ids: Vec<Uuid> = known.keys().copied().collect();
    // An item may turn out to belong to another thing than was thought: both may have another first reply now.
    things.extend(items::things(tx, &ids).await?);
    items::join(tx, &known).await?;
    points::refresh(tx, &ids, &things.into_iter().collect::<Vec<_>>()).await?;
    Ok(())
}

async fn learn(tx: &mut TenantTx, event: &Received) -> Result<(), HandleError> {
    if let Some(SourceRemoved { source_id, revision }) = event.decode()? {
        let source = id(&source_id, "source_id")?;
        if items::set_removed(tx, source, revision).await? {
            items::purge(tx, source).await?;
        }
    } else if let Some(shared) = event.decode::<SourceShared>()? {
        items::set_shared(tx, id(&shared.source_id, "source_id")?, shared.revision).await?;
    } else if let Some(organization) = event.decode::<OrganizationChanged>()? {
        if organization.erased {
            people::erase(tx).await?;
        } else {
            people::set_floor(tx, organization.cohort_floor).await?;
        }
    } else if let Some(member) = event.decode::<MemberChanged>()? {
        people::set_member(tx, id(&member.member_id, "member_id")?, member.active).await?;
    } else if let Some(linked) = event.decode::<AccountLinked>()? {
        let member =
            (!linked.member_id.is_empty()).then(|| id(&linked.member_id, "member_id")).transpose()?;
        people::link(tx, id(&linked.account_id, "account_id")?, member).await?;
    } else if let Some(team) = event.decode::<TeamChanged>()? {
        let team_id = id(&team.team_id, "team_id")?;
        if team.deleted {
            people::delete_team(tx, team_id, event.recorded_at_us).await?;
        } else {
            let members: Vec<Uuid> =
                team.member_ids.iter().map(|member| id(member, "member_ids")).collect::<Result<_, _>>()?;
            people::set_team(tx, team_id, &members, event.recorded_at_us).await?;
        }
    }
    Ok(())
}

fn id(bytes: &[u8], field: &'static str) -> Result<Uuid, HandleError> {
    Uuid::from_slice(bytes).map_err(|_| poison(measure::NotCountable::Id(field)))
}

fn poison(error: measure::NotCountable) -> HandleError {
    HandleError::Poison(error.to_string())
}
