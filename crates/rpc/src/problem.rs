//! The few ways in which a call fails, and how the gateway hears of the field at fault.

use access::Denied;
use tonic::{Code, Status, metadata::MetadataMap};

/// Metadata key that names the field at fault.
pub const FIELD: &str = "oz-field";
/// Metadata key with a stable reason code, where the code alone does not say it.
pub const REASON: &str = "oz-reason";

/// The request is wrong at `field`; the message is for the person who sent it.
#[must_use]
pub fn invalid(field: &'static str, message: impl Into<String>) -> Status {
    with(Code::InvalidArgument, message, FIELD, field)
}

/// There is no such thing, or it is another organization's, or not visible: the answer is the same.
#[must_use]
pub fn not_found() -> Status {
    Status::not_found("not found")
}

/// The thing exists already or its state does not allow this.
#[must_use]
pub fn conflict(reason: &'static str, message: impl Into<String>) -> Status {
    with(Code::AlreadyExists, message, REASON, reason)
}

/// The version the caller expected is not the current one.
#[must_use]
pub fn stale() -> Status {
    Status::failed_precondition("changed since it was read")
}

/// The caller may not.
#[must_use]
pub fn denied(denied: Denied) -> Status {
    Status::permission_denied(denied.to_string())
}

/// No credential, or one that is not believed. Does not say which.
#[must_use]
pub fn unauthenticated() -> Status {
    Status::unauthenticated("sign in again")
}

/// Something this service needs is away; the same call may go well later. The cause is logged here and not told.
#[must_use]
pub fn unavailable(cause: &dyn std::error::Error) -> Status {
    tracing::warn!(cause = chain(cause), "call failed for now");
    Status::unavailable("not available right now")
}

/// A defect. The cause is logged here and not told.
#[must_use]
pub fn internal(cause: &dyn std::error::Error) -> Status {
    tracing::error!(cause = chain(cause), "call failed");
    Status::internal("internal error")
}

fn chain(mut cause: &dyn std::error::Error) -> String {
    let mut text = cause.to_string();
    while let Some(source) = cause.source() {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source;
    }
    text
}

fn with(code: Code, message: impl Into<String>, key: &'static str, value: &'static str) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert(key, tonic::metadata::MetadataValue::from_static(value));
    Status::with_metadata(code, message.into(), metadata)
}
