//! Where a task stands, and how urgent it is.

use std::str::FromStr;

use super::Invalid;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Nobody has begun.
    Open,
    /// Somebody is at it.
    InProgress,
    /// Finished.
    Done,
    /// Given up.
    Canceled,
}

/// A transition from a state to itself, which is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the task is in that state already")]
pub(crate) struct NoMove;

impl State {
    /// All states.
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::InProgress, Self::Done, Self::Canceled];

    /// The word on the wire and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Canceled => "canceled",
        }
    }

    /// Moves to another state. People change their minds in every direction, so every move is one; standing still is not.
    pub(crate) fn go(self, to: Self) -> Result<Self, NoMove> {
        if self == to { Err(NoMove) } else { Ok(to) }
    }
}

impl FromStr for State {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or(Invalid::new("state", "is none of open, in_progress, done, canceled"))
    }
}

/// How urgent a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Priority {
    /// Nobody has said.
    #[default]
    None,
    /// When there is time.
    Low,
    /// As usual.
    Medium,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// The word on the wire and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl FromStr for Priority {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = if text.is_empty() { "none" } else { text };
        let known = Self::ALL.into_iter().find(|priority| priority.as_str() == text);
        known.ok_or(Invalid::new("priority", "is none of none, low, medium, high, urgent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_is_allowed_and_standing_still_is_none() {
        for from in State::ALL {
            for to in State::ALL {
                assert_eq!(from.go(to), if from == to { Err(NoMove) } else { Ok(to) });
            }
            assert_eq!(from.as_str().parse(), Ok(from));
        }
        assert!("closed".parse::<State>().is_err());
        assert_eq!("".parse(), Ok(Priority::None));
        assert!("asap".parse::<Priority>().is_err());
    }
}
