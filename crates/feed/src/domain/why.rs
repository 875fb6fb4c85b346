//! Why a story is shown. Never empty: what nobody can explain is not shown.

use uuid::Uuid;

use super::vocabulary::Reason;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Stable code.
    pub code: &'static str,
    /// For a person.
    pub text: String,
}

/// How the story's source became visible to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// Shared with the whole organization.
    Organization,
    /// Shared with this team of the caller's, by its name.
    Team(String),
    /// The caller is a member of the source.
    Source,
}

impl Shared {
    /// Which of them an audience is, the name of a team still missing.
    #[must_use]
    pub fn of(audience: Uuid, org: Uuid, source: Uuid) -> Self {
        match audience {
            all if all == org => Self::Organization,
            own if own == source => Self::Source,
            _ => Self::Team(String::new()),
        }
    }
}

/// The reasons, strongest first.
#[must_use]
pub fn why(taking_part: &[Reason], shared: &Shared) -> Vec<Why> {
    let personal = [
        (Reason::Mentioned, "you were mentioned"),
        (Reason::Assigned, "assigned to you or waiting for you"),
        (Reason::Author, "you started this"),
        (Reason::Participant, "you took part"),
    ];
    let mut whys: Vec<Why> = personal
        .into_iter()
        .filter(|(reason, _)| taking_part.contains(reason))
        .filter(|(reason, _)| *reason != Reason::Participant || !taking_part.contains(&Reason::Author))
        .map(|(reason, text)| Why { code: reason.word(), text: text.to_owned() })
        .collect();
    whys.push(match shared {
        Shared::Team(name) if name.is_empty() => {
            Why { code: "team", text: "shared with your team".to_owned() }
        }
        Shared::Team(name) => Why { code: "team", text: format!("shared with team {name}") },
        Shared::Organization => {
            Why { code: "shared_source", text: "shared with the organization".to_owned() }
        }
        Shared::Source => {
            Why { code: "shared_source", text: "shared with the members of this source".to_owned() }
        }
    });
    whys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_reason_and_the_personal_ones_come_first() {
        assert_eq!(why(&[], &Shared::Organization).len(), 1);
        let both = why(&[Reason::Author, Reason::Mentioned], &Shared::Team("Core".into()));
        let codes: Vec<&str> = both.iter().map(|why| why.code).collect();
        assert_eq!(codes, ["mentioned", "author", "team"]);
        assert_eq!(both[2].text, "shared with team Core");
    }
}
