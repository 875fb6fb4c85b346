//! What identity says on the bus, and the sealed shape of a profile.

use ::events::{Event, topic};
use ids::{AccountId, MemberId, OrgId, TeamId};
use prost::Message;
use proto::events::v1 as wire;

use crate::{
    domain::member::Status,
    store::{member::Member, team::Team},
};

/// The part of a person that is sealed.
#[derive(Clone, Default)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) handle: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
}

impl Profile {
    /// The bytes to seal.
    pub(crate) fn encode(self) -> Vec<u8> {
        let Self { name, handle, email, email_verified } = self;
        wire::Profile { name, handle, email, email_verified }.encode_to_vec()
    }

    /// From opened bytes; `None` when they are no profile.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let wire::Profile { name, handle, email, email_verified } = wire::Profile::decode(bytes).ok()?;
        Some(Self { name, handle, email, email_verified })
    }
}

/// The organization's name (sealed) or floor changed.
pub(crate) fn organization(org: OrgId, name: &[u8], cohort_floor: u32, at_us: i64) -> Event {
    let payload = wire::OrganizationChanged { name: name.to_vec(), erased: false, cohort_floor };
    Event::new(topic::ORGANIZATION, org.uuid(), at_us, &payload)
}

/// A member came, changed or went.
pub(crate) fn member(org: OrgId, member: &Member, at_us: i64) -> Event {
    let payload = wire::MemberChanged {
        member_id: member.id.to_vec(),
        profile: member.profile.clone(),
        role: member.role.as_str().to_owned(),
        active: member.status == Status::Active,
    };
    Event::new(topic::ORGANIZATION, org.uuid(), at_us, &payload)
}

/// A team is as given from now on.
pub(crate) fn team(org: OrgId, team: &Team, at_us: i64) -> Event {
    let payload = wire::TeamChanged {
        team_id: team.id.to_vec(),
        name: team.name.clone(),
        member_ids: team.members.iter().map(|id| id.to_vec()).collect(),
        deleted: false,
    };
    Event::new(topic::ORGANIZATION, org.uuid(), at_us, &payload)
}

/// A team is no more.
pub(crate) fn team_deleted(org: OrgId, team: TeamId, at_us: i64) -> Event {
    let payload =
        wire::TeamChanged { team_id: team.to_vec(), name: Vec::new(), member_ids: Vec::new(), deleted: true };
    Event::new(topic::ORGANIZATION, org.uuid(), at_us, &payload)
}

/// A provider account is a member from now on, or nobody.
pub(crate) fn account(org: OrgId, account: AccountId, member: Option<MemberId>, at_us: i64) -> Event {
    let payload = wire::AccountLinked {
        account_id: account.to_vec(),
        member_id: member.map(MemberId::to_vec).unwrap_or_default(),
    };
    Event::new(topic::ORGANIZATION, org.uuid(), at_us, &payload)
}
