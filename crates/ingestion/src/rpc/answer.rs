//! Outcomes of use cases in the few words of the wire, and pages.

use ::rpc::{invalid, not_found};
use data_encoding::BASE64URL_NOPAD;
use keyring::KeyError;
use outbox::EmitError;
use pg::PgError;
use tonic::Status;
use uuid::Uuid;

use crate::{
    normalise::WorkError,
    usecase::{create_integration::CreateError, import::StartError, put_sources::PutError},
};

/// Failures that are nobody's fault who asked.
pub fn work(error: WorkError) -> Status {
    match &error {
        WorkError::Pg(pg) | WorkError::Emit(EmitError::Pg(pg)) if pg.is_transient() => {
            ::rpc::unavailable(&error)
        }
        WorkError::Key(KeyError::Unavailable(_)) => ::rpc::unavailable(&error),
        // An erased organization has nothing to answer with.
        WorkError::Key(KeyError::Gone) => not_found(),
        _ => ::rpc::internal(&error),
    }
}

pub fn pg(error: PgError) -> Status {
    work(error.into())
}

pub fn key(error: KeyError) -> Status {
    work(error.into())
}

pub fn create(error: CreateError) -> Status {
    match error {
        CreateError::Field(field, message) => invalid(field, message),
        CreateError::NotFound => not_found(),
        CreateError::Work(error) => work(error),
    }
}

pub fn put(error: PutError) -> Status {
    match error {
        PutError::Field(field, message) => invalid(field, message),
        PutError::NotFound => not_found(),
        PutError::Work(error) => work(error),
    }
}

pub fn import(error: StartError) -> Status {
    match error {
        StartError::Field(field, message) => invalid(field, message),
        StartError::Archive(error) => invalid("file", error.to_string()),
        StartError::Work(error) => work(error),
    }
}

/// An id out of a request; a malformed one names nothing that exists.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Status> {
    text.parse().map_err(|_| not_found())
}

/// How many a page holds: 50 unless asked, 200 at most.
pub fn limit(asked: u32) -> i64 {
    i64::from(if asked == 0 { 50 } else { asked.min(200) })
}

/// A cursor that points behind a row.
pub fn cursor(id: Uuid) -> String {
    BASE64URL_NOPAD.encode(id.as_bytes())
}

/// Reads a cursor; empty is the beginning.
pub fn after(cursor: &str) -> Result<Option<Uuid>, Status> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let bytes =
        BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().and_then(|bytes| Uuid::from_slice(&bytes).ok());
    bytes.map(Some).ok_or_else(|| invalid("cursor", "not a cursor of this list"))
}

/// The part of the rows that fits the page, and the cursor behind it when there are more.
pub fn page<T>(mut rows: Vec<T>, limit: i64, id: impl Fn(&T) -> Uuid) -> (Vec<T>, String) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| cursor(id(row))).unwrap_or_default();
    (rows, next)
}
