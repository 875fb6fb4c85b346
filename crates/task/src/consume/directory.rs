//! Members, teams and accounts.

use std::collections::HashMap;

use ::events::Received;
use access::Role;
use outbox::HandleError;
use pg::TenantTx;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::{some_uuid, uuid};
use crate::store::directory::{self, MemberRow};

/// Applies what the events say of people; of several about one the last holds.
pub(super) async fn apply(tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
    let mut members: HashMap<Uuid, MemberRow> = HashMap::new();
    let mut teams: HashMap<Uuid, Option<Vec<Uuid>>> = HashMap::new();
    let mut links: HashMap<Uuid, Option<Uuid>> = HashMap::new();
    let mut seen: HashMap<Uuid, (Vec<u8>, bool)> = HashMap::new();
    for event in events {
        if let Some(change) = event.decode::<wire::MemberChanged>()? {
            let member_id = uuid(&change.member_id, "member_id")?;
            let role =
                change.role.parse::<Role>().map_err(|_| HandleError::Poison("unknown role".to_owned()))?;
            let row = MemberRow {
                member_id,
                profile: change.profile,
                role: role.to_string(),
                active: change.active,
            };
            members.insert(member_id, row);
        } else if let Some(change) = event.decode::<wire::TeamChanged>()? {
            let ids = change.member_ids.iter().map(|id| uuid(id, "member_ids")).collect::<Result<_, _>>()?;
            teams.insert(uuid(&change.team_id, "team_id")?, (!change.deleted).then_some(ids));
        } else if let Some(change) = event.decode::<wire::AccountLinked>()? {
            links.insert(uuid(&change.account_id, "account_id")?, some_uuid(&change.member_id, "member_id")?);
        } else if let Some(change) = event.decode::<wire::AccountSeen>()? {
            seen.insert(uuid(&change.account_id, "account_id")?, (change.profile, change.bot));
        }
    }
    if !members.is_empty() {
        directory::put_members(tx, members.into_values().collect()).await?;
    }
    for (team, ids) in teams {
        directory::put_team(tx, team, ids.as_deref()).await?;
    }
    if !links.is_empty() {
        let (accounts, members): (Vec<_>, Vec<_>) = links.into_iter().unzip();
        directory::link(tx, &accounts, &members).await?;
    }
    if !seen.is_empty() {
        let (accounts, profiles): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
        let (profiles, bots): (Vec<_>, Vec<_>) = profiles.into_iter().unzip();
        directory::see(tx, &accounts, &profiles, &bots).await?;
    }
    Ok(())
}
