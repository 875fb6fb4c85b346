//! What a provider is told. Never why a signature was refused: that would help only whoever forges.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Durable (or deliberately not stored, and counted): the provider need not send it again.
pub fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "accepted" }))).into_response()
}

/// Slack's `url_verification`.
pub fn challenge(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn problem(status: StatusCode, kind: &str, title: &str, detail: &str) -> Response {
    let body = Json(json!({
        "type": format!("/problems/{kind}"), "title": title, "status": status.as_u16(), "detail": detail, "errors": [],
    }));
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

/// No such integration, or of another provider.
pub fn unknown() -> Response {
    problem(StatusCode::NOT_FOUND, "not-found", "Not found", "there is no such hook")
}

/// No, old or wrong signature.
pub fn unsigned() -> Response {
    problem(
        StatusCode::UNAUTHORIZED,
        "bad-signature",
        "Bad signature",
        "the delivery is not signed as this integration expects",
    )
}

/// Signed, but not what the provider documents.
pub fn malformed(detail: &str) -> Response {
    problem(StatusCode::BAD_REQUEST, "malformed-delivery", "Malformed delivery", detail)
}

/// Larger than the provider ever sends.
pub fn too_large() -> Response {
    problem(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", "the body exceeds the provider's limit")
}

/// The body did not come in time. The line is given up: what is still on its way would be taken for the next request.
pub fn too_slow() -> Response {
    let mut answer =
        problem(StatusCode::REQUEST_TIMEOUT, "too-slow", "Too slow", "the body did not arrive in time");
    answer.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    answer
}

/// Nothing is stored; the provider should try again.
pub fn try_again() -> Response {
    let mut answer =
        problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available", "try again in a moment");
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    answer
}
