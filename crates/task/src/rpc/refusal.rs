//! What each operation's error is on the wire. Exhaustive on purpose.

use tonic::Status;

use crate::{
    domain::Invalid,
    failure::Failure,
    usecase::{
        accept_suggestion::AcceptSuggestionError, create_list::CreateListError, create_task::CreateTaskError,
        delete_task::DeleteTaskError, list_tasks::ListTasksError, reject_suggestion::RejectSuggestionError,
        thresholds::UpdateThresholdsError, undo_task::UndoTaskError,
        update_suggestion::UpdateSuggestionError, update_task::UpdateTaskError,
    },
};

fn no_such_list() -> Status {
    rpc::invalid("list_id", "no such list")
}

fn cannot_be_given() -> Status {
    rpc::invalid("assignee", "is no active member who sees the list")
}

fn mirrored() -> Status {
    rpc::conflict(
        "mirrored",
        "the provider decides what this task says; only list_id and priority change here",
    )
}

impl From<Invalid> for Status {
    fn from(error: Invalid) -> Self {
        rpc::invalid(error.field, error.why)
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        if failure.is_transient() { rpc::unavailable(&failure) } else { rpc::internal(&failure) }
    }
}

impl From<CreateListError> for Status {
    fn from(error: CreateListError) -> Self {
        match error {
            CreateListError::Invalid(invalid) => invalid.into(),
            CreateListError::NoSuchTeam => rpc::invalid("visibility", "no such team"),
            CreateListError::Failure(failure) => failure.into(),
        }
    }
}

impl From<CreateTaskError> for Status {
    fn from(error: CreateTaskError) -> Self {
        match error {
            CreateTaskError::NoSuchList => no_such_list(),
            CreateTaskError::Assignee => cannot_be_given(),
            CreateTaskError::Failure(failure) => failure.into(),
        }
    }
}

impl From<ListTasksError> for Status {
    fn from(error: ListTasksError) -> Self {
        match error {
            ListTasksError::NoSuchList => rpc::not_found(),
            ListTasksError::Failure(failure) => failure.into(),
        }
    }
}

impl From<UpdateTaskError> for Status {
    fn from(error: UpdateTaskError) -> Self {
        match error {
            UpdateTaskError::NotFound => rpc::not_found(),
            UpdateTaskError::Stale => rpc::stale(),
            UpdateTaskError::Mirrored => mirrored(),
            UpdateTaskError::NoSuchList => no_such_list(),
            UpdateTaskError::Assignee => cannot_be_given(),
            UpdateTaskError::Failure(failure) => failure.into(),
        }
    }
}

impl From<DeleteTaskError> for Status {
    fn from(error: DeleteTaskError) -> Self {
        match error {
            DeleteTaskError::NotFound => rpc::not_found(),
            DeleteTaskError::Stale => rpc::stale(),
            DeleteTaskError::Mirrored => mirrored(),
            DeleteTaskError::Failure(failure) => failure.into(),
        }
    }
}

impl From<UndoTaskError> for Status {
    fn from(error: UndoTaskError) -> Self {
        match error {
            UndoTaskError::NotFound => rpc::not_found(),
            UndoTaskError::Stale => rpc::stale(),
            UndoTaskError::NothingLeft => rpc::conflict("nothing_to_undo", "no change is left to take back"),
            UndoTaskError::Impossible => rpc::conflict(
                "undo_impossible",
                "what it was is no longer possible: its list or assignee is gone for you",
            ),
            UndoTaskError::Failure(failure) => failure.into(),
        }
    }
}

impl From<UpdateSuggestionError> for Status {
    fn from(error: UpdateSuggestionError) -> Self {
        match error {
            UpdateSuggestionError::NotFound => rpc::not_found(),
            UpdateSuggestionError::Decided => rpc::conflict("decided", "somebody has decided already"),
            UpdateSuggestionError::Assignee => rpc::invalid("assignee", "is no active member"),
            UpdateSuggestionError::Failure(failure) => failure.into(),
        }
    }
}

impl From<AcceptSuggestionError> for Status {
    fn from(error: AcceptSuggestionError) -> Self {
        match error {
            AcceptSuggestionError::NotFound => rpc::not_found(),
            AcceptSuggestionError::Rejected => rpc::conflict("rejected", "the suggestion was rejected"),
            AcceptSuggestionError::Mirrored => mirrored(),
            AcceptSuggestionError::NoSuchList => no_such_list(),
            AcceptSuggestionError::Assignee => cannot_be_given(),
            AcceptSuggestionError::Failure(failure) => failure.into(),
        }
    }
}

impl From<UpdateThresholdsError> for Status {
    fn from(error: UpdateThresholdsError) -> Self {
        match error {
            UpdateThresholdsError::Invalid(invalid) => invalid.into(),
            UpdateThresholdsError::Failure(failure) => failure.into(),
        }
    }
}

impl From<RejectSuggestionError> for Status {
    fn from(error: RejectSuggestionError) -> Self {
        match error {
            RejectSuggestionError::NotFound => rpc::not_found(),
            RejectSuggestionError::Accepted => rpc::conflict("accepted", "the suggestion is a task already"),
            RejectSuggestionError::Failure(failure) => failure.into(),
        }
    }
}
