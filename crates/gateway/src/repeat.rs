//! `Idempotency-Key`: the same POST twice is done once.
//!
//! The answer is kept for a day, sealed so that only the same credential with the same key opens it (see [`kv::Replays`]). Kept
//! are answers that the request itself decided: all 2xx, and 4xx but those that may change by waiting. After 5xx the key is
//! free again, so a retry tries again. When Redis is away a POST with a key is refused with 503: the promise cannot be kept,
//! and breaking it silently is what the sender wanted to rule out. Without a key nothing changes.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use kv::{Answer, Claim, ReplayError};

use crate::{
    app::App,
    auth::Credential,
    guard::Rules,
    problem::{Kind, Problem},
};

const KEY: &str = "idempotency-key";
/// Kept with an answer. Everything else is made anew for the repeat.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// Runs a request, or repeats the answer it had before.
pub(crate) async fn once(
    app: &App,
    credential: &Credential,
    rules: Rules,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = request.headers().get(KEY).cloned() else { return Ok(next.run(request).await) };
    if key.is_empty() || key.len() > 255 {
        return Err(Problem::invalid("Idempotency-Key", "1 to 255 characters"));
    }
    let (parts, body) = request.into_parts();
    let body = read(body, rules.body_limit.unwrap_or_default()).await?;
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let fingerprint = [parts.method.as_str().as_bytes(), path.as_bytes(), &body];
    let claim = app.replays.claim(credential.secret(), key.as_bytes(), &fingerprint).await.map_err(unkept)?;
    let ticket = match claim {
        Claim::Replay(answer) => return Ok(replay(answer)),
        Claim::Running => return Err(Problem::new(Kind::InProgress)),
        Claim::Mismatch => return Err(Problem::new(Kind::KeyReused)),
        Claim::Mine(ticket) => ticket,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::new(Kind::Internal))?;
    let kept = if decided(parts.status) {
        let headers = KEPT
            .iter()
            .filter_map(|name| Some((name.to_string(), parts.headers.get(name)?.as_bytes().to_vec())));
        let answer =
            Answer { status: parts.status.as_u16(), headers: headers.collect(), body: body.to_vec() };
        app.replays.finish(&ticket, &answer).await
    } else {
        app.replays.release(&ticket).await
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "an answer was not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    to_bytes(body, limit).await.map_err(|error| {
        let too_large = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        Problem::new(if too_large { Kind::TooLarge } else { Kind::Malformed })
    })
}

fn decided(status: StatusCode) -> bool {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => false,
        other => !other.is_server_error(),
    }
}

fn unkept(error: ReplayError) -> Problem {
    tracing::warn!(%error, "idempotency key refused");
    Problem::new(Kind::Unavailable).detail("idempotency keys cannot be kept right now")
}

fn replay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}
