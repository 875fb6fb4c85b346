//! Deliveries, passed on to ingestion's hook door as they are. Nothing is read, checked or kept here.

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request};
use http_body_util::{LengthLimitError, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{error::Error, time::Duration};
use telemetry::TraceContext;

use crate::{
    app::App,
    guard::Access,
    operation::op,
    problem::{Kind, Problem},
    route::Routes,
};

/// The largest body any provider sends (GitHub: 25 MB), and a little.
const BODY_CAP: usize = 26 << 20;

/// Fields that belong to one connection (RFC 9110, 7.6.1), and the cookies of this site, which are nobody's business.
const NOT_PASSED: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    header::COOKIE,
];

pub(super) fn routes() -> Routes {
    Routes::new("Hooks").post(
        "/hooks/{provider}/{integration_id}",
        pass_on,
        op("Takes a delivery of a provider")
            .about("Answered when the delivery is durable. A repeat is 202 as well.")
            .access(Access::Hook)
            .limits(Some(Duration::from_secs(30)), None)
            .body_as::<String>("application/json")
            .answers_nothing(202, "it is durable")
            .answers_nothing(401, "the signature is missing, wrong or too old")
            .answers_nothing(413, "too large"),
    )
}

/// The way to ingestion's hook door.
#[derive(Debug, Clone)]
pub(crate) struct HookDoor {
    client: Client<HttpConnector, Limited<Body>>,
    /// Without a slash at its end.
    url: String,
}

impl HookDoor {
    pub fn new(url: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_secs(3)));
        connector.set_nodelay(true);
        let client =
            Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(20)).build(connector);
        Self { client, url: url.trim_end_matches('/').to_owned() }
    }

    async fn pass(&self, parts: &request::Parts, body: Body) -> Result<Response, Problem> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri: Uri = format!("{}{path}", self.url).parse().map_err(|_| Problem::new(Kind::NotFound))?;
        let mut request = Request::post(uri)
            .body(Limited::new(body, BODY_CAP))
            .map_err(|_| Problem::new(Kind::Malformed))?;
        *request.headers_mut() = passed(&parts.headers);
        if let Some(trace) = parts.extensions.get::<TraceContext>()
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            request.headers_mut().insert("traceparent", value);
        }
        let response = self.client.request(request).await.map_err(|error| {
            if caused_by::<LengthLimitError>(&error) {
                return Problem::new(Kind::TooLarge);
            }
            tracing::warn!(is_connect = error.is_connect(), "the hook door did not answer");
            Problem::new(Kind::Unavailable)
        })?;
        let (mut parts, body) = response.into_parts();
        parts.headers = passed(&parts.headers);
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

fn passed(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !NOT_PASSED.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn caused_by<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<E>() {
            return true;
        }
        next = cause.source();
    }
    false
}

async fn pass_on(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_CAP) {
        return Err(Problem::new(Kind::TooLarge));
    }
    app.hook_door.pass(&parts, body).await
}
