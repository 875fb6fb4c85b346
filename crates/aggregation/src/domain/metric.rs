//! The catalogue of figures.

/// One line of the points: what a thing counts for. The numbers are those of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub(crate) enum Line {
    /// Something was made: a message, a task, a change, a review, a file.
    Made = 0,
    /// A message.
    Message = 1,
    /// A task was opened.
    TaskOpened = 2,
    /// A task was closed and is closed still.
    TaskClosed = 3,
    /// A change was merged.
    Merged = 4,
    /// Seconds from a thing's opening to the first answer by somebody else.
    FirstReply = 5,
    /// Seconds from a change's opening to its merge.
    MergeTime = 6,
}

impl Line {
    /// The number in the database.
    pub(crate) const fn code(self) -> i16 {
        self as i16
    }
}

/// A figure that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    Messages,
    ActiveMembers,
    TasksOpened,
    TasksClosed,
    ChangesMerged,
    TimeToFirstReply,
    TimeToMerge,
}

/// How a cell's value comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measured {
    /// How many points there are.
    Count,
    /// How many people stand behind them.
    People,
    /// The median of their seconds.
    Median,
}

impl Metric {
    pub(crate) const ALL: [Self; 7] = [
        Self::Messages,
        Self::ActiveMembers,
        Self::TasksOpened,
        Self::TasksClosed,
        Self::ChangesMerged,
        Self::TimeToFirstReply,
        Self::TimeToMerge,
    ];

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::ActiveMembers => "active_members",
            Self::TasksOpened => "tasks_opened",
            Self::TasksClosed => "tasks_closed",
            Self::ChangesMerged => "changes_merged",
            Self::TimeToFirstReply => "time_to_first_reply",
            Self::TimeToMerge => "time_to_merge",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Messages => "Messages",
            Self::ActiveMembers => "Active members",
            Self::TasksOpened => "Tasks opened",
            Self::TasksClosed => "Tasks closed",
            Self::ChangesMerged => "Changes merged",
            Self::TimeToFirstReply => "Time to first reply",
            Self::TimeToMerge => "Time to merge",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Messages => {
                "Messages, comments and mails written by people and still there, on the day they were written."
            }
            Self::ActiveMembers => {
                "People who wrote, opened, reviewed, closed or merged something. Accounts of one member are one person; \
                 an account linked to nobody is a person of its own."
            }
            Self::TasksOpened => "Tasks and issues on the day they were opened.",
            Self::TasksClosed => {
                "Tasks and issues that are closed, on the day they were closed; opened again, they no longer count."
            }
            Self::ChangesMerged => {
                "Pull and merge requests on the day they were merged, counted for who merged them."
            }
            Self::TimeToFirstReply => {
                "Median time from the opening of a conversation, task or change to the first answer by somebody else, \
                 counted for who opened it, on the day of the opening."
            }
            Self::TimeToMerge => {
                "Median time from the opening of a change to its merge, counted for who opened it, on the day of the merge."
            }
        }
    }

    pub(crate) const fn measured(self) -> Measured {
        match self {
            Self::Messages | Self::TasksOpened | Self::TasksClosed | Self::ChangesMerged => Measured::Count,
            Self::ActiveMembers => Measured::People,
            Self::TimeToFirstReply | Self::TimeToMerge => Measured::Median,
        }
    }

    pub(crate) const fn unit(self) -> &'static str {
        match self.measured() {
            Measured::Count => "count",
            Measured::People => "members",
            Measured::Median => "seconds",
        }
    }

    /// The lines it is made of.
    pub(crate) const fn lines(self) -> &'static [Line] {
        match self {
            Self::Messages => &[Line::Message],
            Self::ActiveMembers => &[Line::Made, Line::TaskClosed, Line::Merged],
            Self::TasksOpened => &[Line::TaskOpened],
            Self::TasksClosed => &[Line::TaskClosed],
            Self::ChangesMerged => &[Line::Merged],
            Self::TimeToFirstReply => &[Line::FirstReply],
            Self::TimeToMerge => &[Line::MergeTime],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name_and_no_other() {
        for metric in Metric::ALL {
            assert_eq!(Metric::by_name(metric.name()), Some(metric));
            assert!(["count", "members", "seconds"].contains(&metric.unit()));
        }
        assert_eq!(Metric::by_name("Messages"), None);
    }
}
