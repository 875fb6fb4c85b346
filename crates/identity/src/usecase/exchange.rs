//! A session or API token for caller tokens, one for each service.

use access::{CallerClaims, Method, Purpose, TenantScope, TokenScope};
use chrono::TimeDelta;
use ids::{MemberId, OrgId};
use pg::TenantTx;

use crate::{
    domain::{
        Invalid,
        credential::{Credential, Kind},
        member::strongest,
    },
    store::{session, token},
    usecase::{Context, Failure},
};

/// Who is called with caller tokens.
const CALLEES: [&str; 5] = ["identity", "ingestion", "task", "feed", "aggregation"];
/// Lifetime of a caller token, as `access` makes them.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// What is presented: exactly one of the two.
pub(crate) struct Input<'a> {
    pub(crate) session: &'a str,
    pub(crate) api_token: &'a str,
}

pub(crate) struct Output {
    /// By callee.
    pub(crate) tokens: Vec<(&'static str, String)>,
    pub(crate) expires_at_us: i64,
    pub(crate) org: OrgId,
    pub(crate) member: MemberId,
    pub(crate) scopes: Vec<TokenScope>,
}

pub(crate) async fn run(context: &Context, input: Input<'_>) -> Result<Output, Failure> {
    let (kind, text) = match (input.session, input.api_token) {
        ("", "") => return Err(Failure::Unauthenticated),
        (session, "") => (Kind::Session, session),
        ("", api_token) => (Kind::ApiToken, api_token),
        _ => return Err(Invalid::new("session", "expected a session or an API token, not both").into()),
    };
    let presented = Credential::parse(kind, text).ok_or(Failure::Unauthenticated)?;
    let now = context.now();
    let org = presented.org();
    let mut tx = TenantTx::begin(&context.pool, &TenantScope::for_credential(org)).await?;
    let holder = match kind {
        Kind::ApiToken => token::holder(&mut tx, &presented, now).await?,
        Kind::Session | Kind::Link => session::holder(&mut tx, &presented, now).await?,
    };
    tx.commit().await?;
    let holder = holder.ok_or(Failure::Unauthenticated)?;

    let scopes: Vec<TokenScope> = match kind {
        Kind::ApiToken => holder.scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
        Kind::Session | Kind::Link => TokenScope::ALL.to_vec(),
    };
    let claims = CallerClaims {
        org,
        member: holder.member,
        role: holder.role,
        teams: holder.teams,
        scope: strongest(&scopes),
        purpose: Purpose::ServeTeam,
        method: match kind {
            Kind::ApiToken => Method::ApiToken,
            Kind::Session | Kind::Link => Method::Link,
        },
        mfa: false,
        auth_time: holder.authenticated_at.timestamp_micros(),
    };
    let key = context.signer.current().ok_or(Failure::Damaged("signing key"))?;
    let now_us = now.timestamp_micros();
    let tokens = CALLEES.map(|callee| (callee, key.issue(callee, claims.clone(), now_us))).to_vec();
    let expires_at_us = (now + LIFETIME).timestamp_micros();
    Ok(Output { tokens, expires_at_us, org, member: holder.member, scopes })
}
