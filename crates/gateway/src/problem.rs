//! Everything that goes wrong, as problem details (RFC 9457).

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tonic::{Code, Status};
use utoipa::ToSchema;

use crate::edge;

/// A kind of failure: a stable `type`, a title, a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Malformed,
    Unauthenticated,
    Forbidden,
    CrossSite,
    NotFound,
    MethodNotAllowed,
    Conflict,
    InProgress,
    Stale,
    TooLarge,
    TooSlow,
    UnsupportedMedia,
    Invalid,
    KeyReused,
    TooManyRequests,
    Internal,
    Unavailable,
    TimedOut,
}

impl Kind {
    pub const ALL: [Self; 18] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::CrossSite,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::InProgress,
        Self::Stale,
        Self::TooLarge,
        Self::TooSlow,
        Self::UnsupportedMedia,
        Self::Invalid,
        Self::KeyReused,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
        Self::TimedOut,
    ];

    /// Last part of the `type`, status, title.
    pub const fn about(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Malformed => ("malformed", StatusCode::BAD_REQUEST, "Malformed request"),
            Self::Unauthenticated => ("unauthenticated", StatusCode::UNAUTHORIZED, "Not signed in"),
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "Not allowed"),
            Self::CrossSite => ("cross-site", StatusCode::FORBIDDEN, "Sent from another site"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => {
                ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
            }
            Self::Conflict => ("conflict", StatusCode::CONFLICT, "Conflict"),
            Self::InProgress => ("in-progress", StatusCode::CONFLICT, "Still running"),
            Self::Stale => ("stale", StatusCode::PRECONDITION_FAILED, "Changed meanwhile"),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
            Self::TooSlow => ("too-slow", StatusCode::REQUEST_TIMEOUT, "Too slow"),
            Self::UnsupportedMedia => {
                ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type")
            }
            Self::Invalid => ("invalid", StatusCode::UNPROCESSABLE_ENTITY, "Invalid request"),
            Self::KeyReused => {
                ("idempotency-key-reused", StatusCode::UNPROCESSABLE_ENTITY, "Idempotency-Key used before")
            }
            Self::TooManyRequests => {
                ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests")
            }
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Not available right now"),
            Self::TimedOut => ("timed-out", StatusCode::SERVICE_UNAVAILABLE, "Took too long"),
        }
    }

    /// What to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Malformed => "the body or the address could not be read; the detail says where",
            Self::Unauthenticated => "send a session cookie or an API token that is valid",
            Self::Forbidden => "your role or the scope of the token does not include this",
            Self::CrossSite => {
                "with a session cookie, changes are only taken from Oz's own pages; programs use an API token"
            }
            Self::NotFound => "there is no such thing, or you may not see it; the answer is the same",
            Self::MethodNotAllowed => "the Allow field lists what this address takes",
            Self::Conflict => "it exists already, or its state does not allow this",
            Self::InProgress => {
                "the first request with this Idempotency-Key has not ended; try again shortly"
            }
            Self::Stale => "read it again and repeat the change with the new ETag",
            Self::TooLarge => "the body is larger than this address takes",
            Self::TooSlow => "the body stopped arriving; send it again without long pauses",
            Self::UnsupportedMedia => "send application/json, or multipart/form-data for imports",
            Self::Invalid => "a field is wrong; errors names it",
            Self::KeyReused => "the same key came with another request; use a fresh one",
            Self::TooManyRequests => "wait as long as Retry-After says",
            Self::Internal => "a defect; tell us the request_id",
            Self::Unavailable => "a part of Oz is away; try again after Retry-After seconds",
            Self::TimedOut => "try again after Retry-After seconds; a change may have been made",
        }
    }
}

/// A failure on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    field: Option<(Cow<'static, str>, String)>,
    retry_after: Option<u64>,
}

impl Problem {
    pub fn new(kind: Kind) -> Self {
        let retry_after = match kind {
            Kind::InProgress | Kind::Unavailable | Kind::TimedOut => Some(1),
            _ => None,
        };
        Self { kind, detail: Cow::Borrowed(kind.remedy()), field: None, retry_after }
    }

    /// The request is wrong at `field`.
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        let detail = format!("{field}: {message}").into();
        Self { detail, field: Some((field, message)), ..Self::new(Kind::Invalid) }
    }

    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// What a service said, for the person outside. Only texts that services write for that person are passed on.
impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let said = |kind| Self::new(kind).detail(status.message().to_owned());
        match status.code() {
            Code::InvalidArgument | Code::OutOfRange => match text(&status, rpc::FIELD) {
                Some(field) => Self::invalid(field, status.message()),
                None => said(Kind::Invalid),
            },
            Code::Unauthenticated => Self::new(Kind::Unauthenticated),
            Code::PermissionDenied => said(Kind::Forbidden),
            Code::NotFound => Self::new(Kind::NotFound),
            Code::AlreadyExists | Code::Aborted => said(Kind::Conflict),
            Code::FailedPrecondition => Self::new(Kind::Stale),
            Code::ResourceExhausted => Self::new(Kind::TooManyRequests).retry_after(1),
            Code::DeadlineExceeded | Code::Cancelled => Self::new(Kind::TimedOut),
            Code::Unavailable => Self::new(Kind::Unavailable),
            // A connection that broke, not an answer: tonic has no better word for it.
            Code::Unknown if std::error::Error::source(&status).is_some() => Self::new(Kind::Unavailable),
            Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => {
                tracing::error!(code = ?status.code(), "a service failed");
                Self::new(Kind::Internal)
            }
        }
    }
}

fn text(status: &Status, key: &'static str) -> Option<String> {
    status.metadata().get(key).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Problem details as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'a> {
    /// What kind of problem, a stable URI reference; see the list in the documentation.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// This occurrence in words.
    detail: &'a str,
    /// The fields at fault.
    errors: Vec<FieldError<'a>>,
    /// Tell us this when you ask for help.
    request_id: String,
}

/// A field at fault.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldError<'a> {
    /// Its path, as in `sources[0].key`.
    field: &'a str,
    /// What is wrong with it.
    message: &'a str,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (name, status, title) = self.kind.about();
        let errors = self.field.iter().map(|(field, message)| FieldError { field, message }).collect();
        let body = Body {
            kind: format!("/problems/{name}"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            errors,
            request_id: edge::request_id(),
        };
        let mut response = (status, serde_json::to_vec(&body).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind == Kind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"oz\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_kind() {
        let kind = |status: Status| Problem::from(status).kind();
        for (code, expected) in [
            (Code::Ok, Kind::Internal),
            (Code::Cancelled, Kind::TimedOut),
            (Code::Unknown, Kind::Internal),
            (Code::InvalidArgument, Kind::Invalid),
            (Code::DeadlineExceeded, Kind::TimedOut),
            (Code::NotFound, Kind::NotFound),
            (Code::AlreadyExists, Kind::Conflict),
            (Code::PermissionDenied, Kind::Forbidden),
            (Code::ResourceExhausted, Kind::TooManyRequests),
            (Code::FailedPrecondition, Kind::Stale),
            (Code::Aborted, Kind::Conflict),
            (Code::OutOfRange, Kind::Invalid),
            (Code::Unimplemented, Kind::Internal),
            (Code::Internal, Kind::Internal),
            (Code::Unavailable, Kind::Unavailable),
            (Code::DataLoss, Kind::Internal),
            (Code::Unauthenticated, Kind::Unauthenticated),
        ] {
            assert_eq!(kind(Status::new(code, "x")), expected, "{code:?}");
        }
    }

    #[test]
    fn the_field_at_fault_is_named_and_inner_words_stay_inside() {
        let problem = Problem::from(rpc::invalid("title", "must not be empty"));
        assert_eq!(problem, Problem::invalid("title", "must not be empty"));
        let problem = Problem::from(Status::internal("relation task does not exist"));
        assert!(!problem.detail.contains("relation"));
        let problem = Problem::from(Status::not_found("task of org_1 is hidden"));
        assert_eq!(problem, Problem::new(Kind::NotFound));
    }

    #[test]
    fn types_are_distinct() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.about().0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
