//! What stands before a handler: allowance, credential, same origin, repeats, time.
//!
//! Rules belong to routes ([`crate::route`]). A route is for members unless it says otherwise, so one that forgets to say
//! anything is closed.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Extension,
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use kv::{Decision, Rate};
use telemetry::TraceContext;

use crate::{
    app::App,
    auth::{Credential, same_origin},
    problem::{Kind, Problem},
    repeat,
};

/// Who may come to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Members, by cookie or API token. What they may do there the service decides.
    Member,
    /// Everybody, as often as one likes: health and documents.
    Open,
    /// Everybody, but not often: where secrets could be guessed.
    SignIn,
    /// Providers; ingestion checks the signature.
    Hook,
}

/// What holds for a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub access: Access,
    /// `None`: as long as it takes.
    pub time_limit: Option<Duration>,
    /// Largest body in bytes; `None`: the handler counts itself.
    pub body_limit: Option<usize>,
    /// Whether answers are kept by `Idempotency-Key`.
    pub repeats: bool,
}

/// The innermost layer of every route.
pub(crate) async fn guard(
    State(app): State<App>,
    Extension(rules): Extension<Rules>,
    request: Request,
    next: Next,
) -> Response {
    let credential = Credential::of(request.headers());
    let (rate, who) = allowance(&app, rules.access, credential.as_ref(), &request);
    let decision = match rate {
        Some(rate) => take(&app, rate, &who).await,
        None => None,
    };
    let mut response = match (rate, decision) {
        (_, Some(refused)) if !refused.allowed => too_many(refused).into_response(),
        _ => {
            admitted(&app, rules, credential, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
    };
    if let (Some(rate), Some(decision)) = (rate, decision) {
        tell(response.headers_mut(), rate, decision);
    }
    response
}

/// Which rule counts, and by what. A credential that is not believed has an allowance too, and a bounded one per address for
/// being wrong, see [`admitted`].
fn allowance(
    app: &App,
    access: Access,
    credential: Option<&Credential>,
    request: &Request,
) -> (Option<Rate>, Vec<u8>) {
    match (access, credential) {
        (Access::Open, _) => (None, Vec::new()),
        (Access::Member, Some(credential)) => {
            (Some(Rate::per_minute("api", app.requests_per_minute)), credential.hash().to_vec())
        }
        (Access::Member, None) => {
            (Some(Rate::per_minute("anonymous", app.requests_per_minute)), address(request))
        }
        (Access::SignIn, _) => (Some(Rate::per_minute("signin", 60)), address(request)),
        // Generous: it only keeps one sender from drowning all others. A provider that is refused tries again later.
        (Access::Hook, _) => {
            let who = [address(request).as_slice(), request.uri().path().as_bytes()].concat();
            (Some(Rate::per_minute("hooks", 60_000)), who)
        }
    }
}

/// The address at the other end: a proxy's own when there is one, so a proxy should limit addresses itself.
fn address(request: &Request) -> Vec<u8> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(peer)| peer.ip().to_string().into_bytes()).unwrap_or_default()
}

/// When Redis is away nobody is refused: limits protect from floods, and a flood without Redis is rarer than Redis away.
async fn take(app: &App, rate: Rate, who: &[u8]) -> Option<Decision> {
    match app.limiter.take(rate, who).await {
        Ok(decision) => Some(decision),
        Err(away) => {
            metrics::counter!("gateway_rate_limit_skipped_total").increment(1);
            tracing::debug!(%away, "rate limit skipped");
            None
        }
    }
}

fn too_many(decision: Decision) -> Problem {
    Problem::new(Kind::TooManyRequests).retry_after(whole_seconds(decision.retry_after).max(1))
}

async fn admitted(
    app: &App,
    rules: Rules,
    credential: Option<Credential>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if rules.access == Access::Member {
        let credential = credential.as_ref().ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
        if credential.is_session()
            && !same_origin::allows(request.method(), request.headers(), &app.public_url)
        {
            return Err(Problem::new(Kind::CrossSite));
        }
        let trace = request.extensions().get::<TraceContext>().copied();
        let trace = trace.unwrap_or_else(|| TraceContext::fresh(&app.entropy));
        match app.authority.caller(credential, trace).await {
            Ok(caller) => request.extensions_mut().insert(caller),
            Err(problem) => {
                let from = address(&request);
                return Err(wrong_guess(app, problem, &from).await);
            }
        };
    }
    let run = async {
        match credential {
            Some(credential) if rules.repeats => repeat::once(app, &credential, rules, request, next).await,
            _ => Ok(next.run(request).await),
        }
    };
    match rules.time_limit {
        Some(limit) => tokio::time::timeout(limit, run).await.map_err(|_| Problem::new(Kind::TimedOut))?,
        None => run.await,
    }
}

/// Credentials that are not believed are counted by address, whatever they are.
async fn wrong_guess(app: &App, problem: Problem, from: &[u8]) -> Problem {
    if problem.kind() != Kind::Unauthenticated {
        return problem;
    }
    match take(app, Rate::per_minute("refused", 300), from).await {
        Some(decision) if !decision.allowed => too_many(decision),
        _ => problem,
    }
}

/// The `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers-10.
fn tell(headers: &mut HeaderMap, rate: Rate, decision: Decision) {
    let (name, requests, window) = (rate.name, rate.requests, rate.window.as_secs());
    let (left, reset) = (decision.remaining, whole_seconds(decision.reset));
    for (field, value) in [
        ("ratelimit-policy", format!("\"{name}\";q={requests};w={window}")),
        ("ratelimit", format!("\"{name}\";r={left};t={reset}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(field), value);
        }
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000) as u64
}
