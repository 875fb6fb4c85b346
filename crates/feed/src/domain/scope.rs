//! Whose stories are asked for, and in which order.

use std::{fmt, str::FromStr};

use ids::TeamId;

/// Whose stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything the caller may see.
    Org,
    /// Stories in which the caller takes part.
    Me,
    /// What is shared with a team, and stories in which its members take part.
    Team(TeamId),
}

/// Not `me`, `org` or `team:<team id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected me, org or team:<team id>")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        match text {
            "" | "me" => Ok(Self::Me),
            "org" => Ok(Self::Org),
            other => {
                let team = other.strip_prefix("team:").ok_or(UnknownScope)?;
                team.parse().map(Self::Team).map_err(|_| UnknownScope)
            }
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org => f.write_str("org"),
            Self::Me => f.write_str("me"),
            Self::Team(team) => write!(f, "team:{team}"),
        }
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    Time,
    /// What matters most to the caller first.
    Relevance,
}

/// Not `time` or `relevance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected time or relevance")]
pub struct UnknownOrder;

impl FromStr for Order {
    type Err = UnknownOrder;

    fn from_str(text: &str) -> Result<Self, UnknownOrder> {
        match text {
            "" | "time" => Ok(Self::Time),
            "relevance" => Ok(Self::Relevance),
            _ => Err(UnknownOrder),
        }
    }
}

impl Order {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Relevance => "relevance",
        }
    }
}
