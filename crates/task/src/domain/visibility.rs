//! Who may see a list.

use ids::{OrgId, TeamId};
use uuid::Uuid;

use super::Invalid;

/// Who may see a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Every member of the organization; no guest.
    Org,
    /// The members of a team.
    Team(TeamId),
}

impl Visibility {
    /// Reads `org` or `team:team_…`.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let refused = Invalid::new("visibility", "is neither org nor team:<team id>");
        if text == "org" {
            return Ok(Self::Org);
        }
        let team = text.strip_prefix("team:").ok_or(refused)?;
        team.parse().map(Self::Team).map_err(|_| refused)
    }

    /// The audience that it stands for.
    pub(crate) fn audience(self, org: OrgId) -> Uuid {
        match self {
            Self::Org => org.uuid(),
            Self::Team(team) => team.uuid(),
        }
    }

    /// What an audience stands for.
    pub(crate) fn of(audience: Uuid, org: OrgId) -> Self {
        if audience == org.uuid() { Self::Org } else { Self::Team(TeamId::from_uuid(audience)) }
    }
}

impl std::fmt::Display for Visibility {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Org => f.write_str("org"),
            Self::Team(team) => write!(f, "team:{team}"),
        }
    }
}
