//! Who may see what a source brings.

use access::Caller;
use ids::{OrgId, SourceId, TeamId};
use uuid::Uuid;

/// The audience of a source, as a person writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Every member but guests.
    Organization,
    /// The members of a team.
    Team(TeamId),
    /// Those who can see it at the provider; for an archive, the member who imported it.
    Source,
}

impl Visibility {
    /// Reads `org`, `team:team_…`, `source` (or `private`, as imports call it).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "org" => Some(Self::Organization),
            "source" | "private" => Some(Self::Source),
            other => other.strip_prefix("team:")?.parse().ok().map(Self::Team),
        }
    }

    /// From the stored audience.
    pub fn of_audience(org: OrgId, source: SourceId, audience: Uuid) -> Self {
        if audience == org.uuid() {
            Self::Organization
        } else if audience == source.uuid() {
            Self::Source
        } else {
            Self::Team(TeamId::from_uuid(audience))
        }
    }

    /// The audience to store.
    pub fn audience(self, org: OrgId, source: SourceId) -> Uuid {
        match self {
            Self::Organization => org.uuid(),
            Self::Team(team) => team.uuid(),
            Self::Source => source.uuid(),
        }
    }

    /// As a person writes it.
    pub fn text(self) -> String {
        match self {
            Self::Organization => "org".to_owned(),
            Self::Team(team) => format!("team:{team}"),
            Self::Source => "source".to_owned(),
        }
    }

    /// Whether the caller may give something this audience: members only what they are part of, admins any team.
    pub fn may_be_given_by(self, caller: &Caller) -> bool {
        match self {
            Self::Organization => caller.role() > access::Role::Guest,
            Self::Team(team) => caller.role() >= access::Role::Admin || caller.teams().contains(&team),
            Self::Source => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let (org, source) = (OrgId::from_uuid(Uuid::from_u128(1)), SourceId::from_uuid(Uuid::from_u128(2)));
        let team = TeamId::from_uuid(Uuid::from_u128(3));
        for visibility in [Visibility::Organization, Visibility::Team(team), Visibility::Source] {
            assert_eq!(Visibility::parse(&visibility.text()), Some(visibility));
            assert_eq!(Visibility::of_audience(org, source, visibility.audience(org, source)), visibility);
        }
        assert_eq!(Visibility::parse("private"), Some(Visibility::Source));
        for bad in ["", "team:", "team:org_x", "everyone"] {
            assert_eq!(Visibility::parse(bad), None);
        }
    }
}
