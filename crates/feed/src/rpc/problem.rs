//! Failures of the use cases as the few wire codes.

use keyring::KeyError;
use tonic::Status;

use crate::usecase::{
    Failure, list_stories::ListError, put_mute::MuteError, search::SearchError, stream_stories::StreamError,
};

pub(super) fn failure(failure: Failure) -> Status {
    match &failure {
        Failure::Pg(error) if error.is_transient() => rpc::unavailable(error),
        Failure::Key(error) if error.is_transient() => rpc::unavailable(error),
        // The organization is erased: nothing of it exists.
        Failure::Key(KeyError::Gone) => rpc::not_found(),
        Failure::Pg(_) | Failure::Key(_) => rpc::internal(&failure),
    }
}

pub(super) fn list(error: ListError) -> Status {
    match error {
        ListError::NoTeam => rpc::not_found(),
        ListError::Cursor(bad) => rpc::invalid("cursor", bad.to_string()),
        ListError::Failure(error) => failure(error),
    }
}

pub(super) fn stream(error: StreamError) -> Status {
    match error {
        StreamError::NoTeam => rpc::not_found(),
        StreamError::Rights => rpc::unauthenticated(),
        StreamError::Failure(error) => failure(error),
    }
}

pub(super) fn mute(error: MuteError) -> Status {
    match error {
        MuteError::NotFound => rpc::not_found(),
        MuteError::TooMany => rpc::invalid("id", "too many mutes: take some back first"),
        MuteError::Failure(error) => failure(error),
    }
}

pub(super) fn search(error: SearchError) -> Status {
    match error {
        SearchError::Query(wrong) => rpc::invalid("q", wrong.message),
        SearchError::Cursor(bad) => rpc::invalid("cursor", bad.to_string()),
        SearchError::Failure(error) => failure(error),
    }
}
