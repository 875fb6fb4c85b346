//! Who asks: a session cookie or an API token becomes a caller with one token per service.
//!
//! Identity answers for a credential each time it is seen anew; the answer is remembered for [`REMEMBERED_US`], which bounds how
//! long a revoked credential still works. A refusal is never remembered.

pub(crate) mod cache;
pub(crate) mod cookie;
pub(crate) mod same_origin;

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::FromRequestParts;
use clock::Clock;
use http::{HeaderMap, header, request::Parts};
use proto::identity::v1::{ExchangeRequest, sign_in_service_client::SignInServiceClient};
use ring::digest;
use telemetry::TraceContext;
use tonic::{Request, metadata::MetadataValue, service::interceptor::InterceptedService, transport::Channel};

use crate::{
    auth::cache::Cache,
    problem::{Kind, Problem},
    services::Callee,
};

/// How long an exchange is remembered, and so how long a revoked credential may still work.
pub(crate) const REMEMBERED_US: i64 = 3_000_000;
/// How long a service may take; shorter than the gateway's own limit, so that the answer is a problem and not a broken line.
const PATIENCE: Duration = Duration::from_secs(25);
/// Longer credentials are not even looked at.
const MAX_CREDENTIAL: usize = 512;

/// What a request proves its sender by. Never prints.
#[derive(Clone)]
pub(crate) enum Credential {
    /// From the cookie.
    Session(String),
    /// From `Authorization: Bearer`.
    Token(String),
}

impl Credential {
    /// Finds the credential of a request. The header wins: whoever sets it means it.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            let token = token.trim();
            return (scheme.eq_ignore_ascii_case("bearer") && plausible(token))
                .then(|| Self::Token(token.to_owned()));
        }
        cookie::session(headers)
            .filter(|session| plausible(session))
            .map(|session| Self::Session(session.to_owned()))
    }

    pub const fn is_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// The secret, for deriving keys from it.
    pub fn secret(&self) -> &[u8] {
        match self {
            Self::Session(secret) | Self::Token(secret) => secret.as_bytes(),
        }
    }

    /// One-way name of the credential.
    pub fn hash(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(if self.is_session() { b"session:" } else { b"token:" });
        context.update(self.secret());
        let mut out = [0; 32];
        out.copy_from_slice(context.finish().as_ref());
        out
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(…)")
    }
}

fn plausible(secret: &str) -> bool {
    (1..=MAX_CREDENTIAL).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// One caller token per callee.
pub(crate) struct Tokens(HashMap<String, String>);

/// The member who asks, with what is needed to ask the services on their behalf.
#[derive(Clone)]
pub(crate) struct Caller {
    tokens: Arc<Tokens>,
    credential: Credential,
    trace: TraceContext,
}

impl Caller {
    /// A request to `callee` under this member's rights.
    pub fn ask<T>(&self, callee: Callee, message: T) -> Result<Request<T>, Problem> {
        let mut request = self.ask_without_limit(callee, message)?;
        request.set_timeout(PATIENCE);
        Ok(request)
    }

    /// The same for what takes as long as it takes: uploads and streams.
    pub fn ask_without_limit<T>(&self, callee: Callee, message: T) -> Result<Request<T>, Problem> {
        // Identity gives no token for a service it does not know: then that service cannot be asked.
        let token = self.tokens.0.get(callee.name()).ok_or_else(|| Problem::new(Kind::Unavailable))?;
        let mut request = rpc::with_token(token, message)?;
        traced(&mut request, self.trace);
        Ok(request)
    }

    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    pub const fn trace(&self) -> TraceContext {
        self.trace
    }
}

/// The guard puts the caller there; a route that is open to all has none and must not ask for one.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(Kind::Unauthenticated))
    }
}

fn traced<T>(request: &mut Request<T>, trace: TraceContext) {
    if let Ok(value) = MetadataValue::try_from(trace.to_string()) {
        request.metadata_mut().insert("traceparent", value);
    }
}

/// Sign-in, spoken to as the gateway itself.
pub(crate) type SignIn = SignInServiceClient<InterceptedService<Channel, rpc::AsService>>;

/// Asks identity who holds a credential.
pub(crate) struct Authority {
    sign_in: SignIn,
    remembered: Cache<Tokens>,
    clock: Clock,
}

impl Authority {
    pub fn new(identity: Channel, credential: rpc::AsService, clock: Clock) -> Self {
        let sign_in = SignInServiceClient::with_interceptor(identity, credential);
        Self { sign_in, remembered: Cache::new(20_000), clock }
    }

    /// The sign-in contract itself.
    pub fn sign_in(&self) -> SignIn {
        self.sign_in.clone()
    }

    /// A request of the gateway's own, as part of a trace.
    pub fn own_request<T>(message: T, trace: TraceContext) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(PATIENCE);
        traced(&mut request, trace);
        request
    }

    /// The member behind a credential.
    ///
    /// # Errors
    /// `Unauthenticated` when identity does not believe it.
    pub async fn caller(&self, credential: &Credential, trace: TraceContext) -> Result<Caller, Problem> {
        let hash = credential.hash();
        let caller = |tokens| Caller { tokens, credential: credential.clone(), trace };
        if let Some(tokens) = self.remembered.get(&hash, self.clock.now_us()) {
            return Ok(caller(tokens));
        }
        let message = match credential.clone() {
            Credential::Session(session) => ExchangeRequest { session, ..Default::default() },
            Credential::Token(api_token) => ExchangeRequest { api_token, ..Default::default() },
        };
        // Time counts from before the question: an answer may be late, never fresher than it was asked.
        let asked = self.clock.now_us();
        let answer =
            self.sign_in().exchange(Self::own_request(message, trace)).await.map_err(refused)?.into_inner();
        let tokens = Arc::new(Tokens(answer.tokens));
        self.remembered.put(
            hash,
            Arc::clone(&tokens),
            answer.expires_at_us.min(asked + REMEMBERED_US),
            asked,
        );
        Ok(caller(tokens))
    }

    /// Forgets a credential that its holder gave up.
    pub fn forget(&self, credential: &Credential) {
        self.remembered.remove(&credential.hash());
    }
}

/// Identity's own refusals; any way of saying "no such credential" is the same to the outside.
fn refused(status: tonic::Status) -> Problem {
    match status.code() {
        tonic::Code::NotFound | tonic::Code::InvalidArgument => Problem::new(Kind::Unauthenticated),
        // Not the member: the gateway itself is not believed, a fault of the installation.
        tonic::Code::PermissionDenied => Problem::new(Kind::Internal),
        _ => Problem::from(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(header::HeaderName, &str)]) -> Option<Credential> {
        Credential::of(&pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    #[test]
    fn the_header_wins_over_the_cookie_and_a_wrong_header_is_no_credential() {
        let cookie = || (header::COOKIE, "__Host-oz=s1");
        assert!(matches!(of(&[cookie()]), Some(Credential::Session(s)) if s == "s1"));
        let bearer = (header::AUTHORIZATION, "bearer t1");
        assert!(matches!(of(&[cookie(), bearer]), Some(Credential::Token(t)) if t == "t1"));
        for bad in ["Basic dTpw", "Bearer", "Bearer a b", &format!("Bearer {}", "x".repeat(513))] {
            assert!(of(&[cookie(), (header::AUTHORIZATION, bad)]).is_none(), "{bad}");
        }
        assert!(of(&[]).is_none());
    }

    #[test]
    fn a_session_and_a_token_of_the_same_text_are_different_credentials() {
        assert_ne!(Credential::Session("x".into()).hash(), Credential::Token("x".into()).hash());
        assert_eq!(format!("{:?}", Credential::Token("secret".into())), "Credential(…)");
    }
}
