//! What happens to every request, whatever it asks for: it gets a name, a trace, a log line without personal data, figures by
//! route, and the headers that keep a browser from being turned against its user.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use telemetry::TraceContext;
use tokio::time::Instant;

use crate::app::App;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Pages load scripts, styles and data from here alone, and nobody may frame them.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

tokio::task_local! {
    static CURRENT: String;
}

/// The name of the request that is being served.
pub(crate) fn request_id() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// The outermost layer.
pub(crate) async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    // Never the path itself: it holds ids and, in queries, words people search for.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let id = given_id(request.headers()).unwrap_or_else(|| app.entropy.uuid().simple().to_string());
    let trace = match request.headers().get("traceparent").and_then(|value| value.to_str().ok()) {
        Some(header) => TraceContext::parse(header).map(|parent| parent.child(&app.entropy)),
        None => None,
    }
    .unwrap_or_else(|| TraceContext::fresh(&app.entropy));
    request.extensions_mut().insert(trace);

    let mut response = CURRENT.scope(id.clone(), next.run(request)).await;

    dress(&app, &id, response.headers_mut());
    let (status, took) = (response.status().as_u16(), started.elapsed());
    count(method.as_str(), &route, status, took);
    let ms = took.as_millis() as u64;
    let trace_id = trace.trace_id();
    tracing::info!(target: "access", method = method.as_str(), route, status, ms, request_id = id, trace_id);
    response
}

/// A name given by the client or a proxy, when it is short and plain.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let plain = given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (plain && (1..=64).contains(&given.len())).then(|| given.to_owned())
}

fn dress(app: &App, id: &str, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn count(method: &str, route: &str, status: u16, took: Duration) {
    // A method nobody knows must not make a new series.
    let method = match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method.to_owned(),
        _ => "other".to_owned(),
    };
    let labels = [("method", method), ("route", route.to_owned())];
    metrics::histogram!("http_request_seconds", &labels).record(took.as_secs_f64());
    let [method, route] = labels;
    metrics::counter!("http_requests_total", &[method, route, ("status", status.to_string())]).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_names_are_taken_over() {
        let given =
            |value: &str| given_id(&HeaderMap::from_iter([(REQUEST_ID.clone(), value.parse().unwrap())]));
        assert_eq!(given("a-B_1.2").as_deref(), Some("a-B_1.2"));
        for bad in ["", "a b", "<script>", &"x".repeat(65)] {
            assert_eq!(given(bad), None, "{bad}");
        }
    }
}
