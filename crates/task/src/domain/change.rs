//! Changes of a task: what differs, and how the newest is taken back.

use ids::{AccountId, ListId, MemberId};
use serde::{Deserialize, Serialize};

use super::{person::Assignee, task::Task};

/// A part of a task that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    /// Title.
    Title,
    /// Description.
    Description,
    /// State.
    State,
    /// Assignee, as an id.
    Assignee,
    /// Due date.
    DueOn,
    /// Priority.
    Priority,
    /// Labels, one a line.
    Labels,
    /// List, as an id.
    ListId,
    /// The provider's own word for the state.
    ProviderState,
    /// `true` when deleted.
    Deleted,
}

impl Field {
    const ALL: [Self; 10] = [
        Self::Title,
        Self::Description,
        Self::State,
        Self::Assignee,
        Self::DueOn,
        Self::Priority,
        Self::Labels,
        Self::ListId,
        Self::ProviderState,
        Self::Deleted,
    ];

    /// The word on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::State => "state",
            Self::Assignee => "assignee",
            Self::DueOn => "due_on",
            Self::Priority => "priority",
            Self::Labels => "labels",
            Self::ListId => "list_id",
            Self::ProviderState => "provider_state",
            Self::Deleted => "deleted",
        }
    }

    fn read(self, task: &Task) -> String {
        match self {
            Self::Title => task.body.title.clone(),
            Self::Description => task.body.description.clone(),
            Self::State => task.state.as_str().to_owned(),
            Self::Assignee => match task.assignee {
                None => String::new(),
                Some(Assignee::Member(id)) => id.to_string(),
                Some(Assignee::Account(id)) => id.to_string(),
            },
            Self::DueOn => task.due_on.map(|day| day.to_string()).unwrap_or_default(),
            Self::Priority => task.priority.as_str().to_owned(),
            Self::Labels => task.body.labels.join("\n"),
            Self::ListId => task.list.to_string(),
            Self::ProviderState => task.body.provider_state.clone(),
            Self::Deleted => task.deleted.to_string(),
        }
    }

    fn write(self, task: &mut Task, text: &str) -> Option<()> {
        match self {
            Self::Title => text.clone_into(&mut task.body.title),
            Self::Description => text.clone_into(&mut task.body.description),
            Self::State => task.state = text.parse().ok()?,
            Self::Assignee => task.assignee = assignee(text)?,
            Self::DueOn => task.due_on = super::task::due_on(text).ok()?,
            Self::Priority => task.priority = text.parse().ok()?,
            Self::Labels => task.body.labels = text.lines().map(str::to_owned).collect(),
            Self::ListId => task.list = text.parse::<ListId>().ok()?,
            Self::ProviderState => text.clone_into(&mut task.body.provider_state),
            Self::Deleted => task.deleted = text.parse().ok()?,
        }
        Some(())
    }
}

fn assignee(text: &str) -> Option<Option<Assignee>> {
    if text.is_empty() {
        return Some(None);
    }
    let member = text.parse::<MemberId>().map(Assignee::Member);
    member.or_else(|_| text.parse::<AccountId>().map(Assignee::Account)).ok().map(Some)
}

/// One field before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FieldChange {
    /// Which.
    pub field: Field,
    /// What it was.
    pub before: String,
    /// What it became.
    pub after: String,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Made in Oz.
    Created,
    /// Changed by a member.
    Updated,
    /// A change was taken back.
    Undone,
    /// Deleted by a member.
    Deleted,
    /// Made or changed by the provider.
    Provider,
}

impl Verb {
    /// The word on the wire and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Undone => "undone",
            Self::Deleted => "deleted",
            Self::Provider => "provider",
        }
    }
}

/// What differs, field by field.
pub(crate) fn diff(before: &Task, after: &Task) -> Vec<FieldChange> {
    let fields = Field::ALL.into_iter().map(|field| FieldChange {
        field,
        before: field.read(before),
        after: field.read(after),
    });
    fields.filter(|change| change.before != change.after).collect()
}

/// What a task began with: everything that is not empty.
pub(crate) fn beginning(task: &Task) -> Vec<FieldChange> {
    let fields = Field::ALL.into_iter().map(|field| FieldChange {
        field,
        before: String::new(),
        after: field.read(task),
    });
    fields.filter(|change| !change.after.is_empty() && change.field != Field::Deleted).collect()
}

/// The task without a change; `None` when the change holds what this build does not read.
pub(crate) fn taken_back(task: &Task, change: &[FieldChange]) -> Option<Task> {
    let mut task = task.clone();
    for FieldChange { field, before, .. } in change {
        field.write(&mut task, before)?;
    }
    Some(task)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use ids::TaskId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::state::{Priority, State};

    #[derive(Debug, Clone)]
    enum Edit {
        Title(String),
        State(usize),
        Assignee(Option<u128>, bool),
        Due(Option<u32>),
        Priority(bool),
        Labels(Vec<String>),
        List(u128),
        Delete,
    }

    fn edit() -> impl Strategy<Value = Edit> {
        prop_oneof![
            "[a-zä ]{1,9}".prop_map(Edit::Title),
            (0..4usize).prop_map(Edit::State),
            (proptest::option::of(any::<u128>()), any::<bool>()).prop_map(|(id, m)| Edit::Assignee(id, m)),
            proptest::option::of(0..9000u32).prop_map(Edit::Due),
            any::<bool>().prop_map(Edit::Priority),
            prop::collection::vec("[a-z]{1,4}", 0..4).prop_map(Edit::Labels),
            any::<u128>().prop_map(Edit::List),
            Just(Edit::Delete),
        ]
    }

    fn apply(task: &mut Task, edit: Edit) {
        match edit {
            Edit::Title(text) => task.body.title = text,
            Edit::State(to) => task.state = task.state.go(State::ALL[to]).unwrap_or(task.state),
            Edit::Assignee(id, member) => {
                task.assignee =
                    id.map(Uuid::from_u128).and_then(|id| Assignee::of(member.then_some(id), Some(id)));
            }
            Edit::Due(days) => {
                task.due_on = days.and_then(|d| NaiveDate::from_num_days_from_ce_opt(730_000 + d as i32))
            }
            Edit::Priority(urgent) => task.priority = if urgent { Priority::Urgent } else { Priority::None },
            Edit::Labels(labels) => task.body.labels = labels,
            Edit::List(id) => task.list = ListId::from_uuid(Uuid::from_u128(id)),
            Edit::Delete => task.deleted = true,
        }
    }

    fn task() -> Task {
        Task::fresh(TaskId::from_uuid(Uuid::nil()), ListId::from_uuid(Uuid::nil()), 0)
    }

    proptest! {
        #[test]
        fn taking_every_change_back_leads_through_every_state_to_the_beginning(edits in prop::collection::vec(edit(), 0..20)) {
            let mut states = vec![task()];
            let mut changes = Vec::new();
            for edit in edits {
                let mut next = states[states.len() - 1].clone();
                apply(&mut next, edit);
                let change = diff(&states[states.len() - 1], &next);
                if !change.is_empty() {
                    changes.push(change);
                    states.push(next);
                }
            }
            let mut now = states.pop().unwrap();
            while let Some(change) = changes.pop() {
                now = taken_back(&now, &change).unwrap();
                prop_assert_eq!(Some(now.clone()), states.pop());
            }
            prop_assert_eq!(now, task());
        }

        #[test]
        fn an_undo_of_an_undo_is_the_change_again(first in edit(), second in edit()) {
            let (mut a, mut b) = (task(), task());
            apply(&mut a, first.clone());
            apply(&mut b, first);
            apply(&mut b, second);
            let back = taken_back(&b, &diff(&a, &b)).unwrap();
            prop_assert_eq!(&back, &a);
            prop_assert_eq!(taken_back(&back, &diff(&b, &back)).unwrap(), b);
        }
    }

    #[test]
    fn a_beginning_names_what_is_there() {
        let mut task = task();
        task.body.title = "x".to_owned();
        let fields: Vec<_> = beginning(&task).into_iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["title", "state", "priority", "list_id"]);
    }
}
