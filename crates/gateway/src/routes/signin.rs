//! Signing in by a one-time link, and out.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use proto::identity::v1 as pb;
use serde::Deserialize;
use telemetry::TraceContext;

use crate::{
    app::App,
    auth::{Authority, Caller, Credential, cookie},
    guard::Access,
    operation::op,
    page,
    problem::{Kind, Problem},
    reading::Query,
    route::Routes,
};

pub(super) fn routes() -> Routes {
    Routes::new("Sign-in")
        .get(
            "/signin",
            signin,
            op("The sign-in page").access(Access::Open).answers_text(200, "text/html", "the page"),
        )
        .get(
            "/signin/link",
            link,
            op("Uses a one-time link up and sets the session cookie")
                .about("A link works once and for a short time.")
                .access(Access::SignIn)
                .query::<LinkQuery>()
                .answers_nothing(303, "signed in; to /")
                .answers_text(401, "text/html", "the link is used up or unknown"),
        )
        .delete("/api/v1/session", sign_out, op("Signs out").answers_nothing(204, "the session is over"))
}

async fn signin() -> impl IntoResponse {
    page::html(page::SIGNIN)
}

#[derive(Deserialize, utoipa::IntoParams)]
struct LinkQuery {
    /// The token in the link.
    token: String,
}

async fn link(
    State(app): State<App>,
    Query(query): Query<LinkQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let trace = request.extensions().get::<TraceContext>().copied();
    let trace = trace.unwrap_or_else(|| TraceContext::fresh(&app.entropy));
    let message = Authority::own_request(pb::RedeemLinkRequest { token: query.token }, trace);
    let session = match app.authority.sign_in().redeem_link(message).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => {
            return match Problem::from(status).kind() {
                Kind::Unavailable | Kind::TimedOut => Err(Problem::new(Kind::Unavailable)),
                Kind::Internal => Err(Problem::new(Kind::Internal)),
                // Used, expired, never made: all the same to the outside.
                _ => Ok((StatusCode::UNAUTHORIZED, page::html(page::LINK_GONE)).into_response()),
            };
        }
    };
    let seconds = (session.expires_at_us - app.entropy.clock().now_us()) / 1_000_000;
    let cookie = cookie::set(&session.session, seconds).ok_or_else(|| Problem::new(Kind::Internal))?;
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn sign_out(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let Credential::Session(session) = caller.credential().clone() else {
        let detail = "an API token has no session: revoke it at /api/v1/tokens";
        return Err(Problem::new(Kind::Conflict).detail(detail));
    };
    let request = Authority::own_request(pb::EndSessionRequest { session }, caller.trace());
    app.authority.sign_in().end_session(request).await?;
    app.authority.forget(caller.credential());
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie::clear());
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}
