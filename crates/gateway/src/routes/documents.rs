//! The documentation and the plain pages.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    app::App,
    auth::Credential,
    guard::Access,
    operation::op,
    page,
    problem::{Kind, Problem},
    route::Routes,
};

pub(super) fn routes() -> Routes {
    let open = |summary| op(summary).access(Access::Open);
    Routes::new("Documents")
        .get(
            "/",
            home,
            open("The plain web page")
                .answers_text(200, "text/html", "the page")
                .answers_nothing(303, "to /signin"),
        )
        .get(
            "/assets/{name}",
            asset,
            open("What the page needs").answers_text(200, "text/plain", "a script or a style"),
        )
        .get(
            "/api/openapi.json",
            openapi,
            open("This document, for programs").answers_text(200, "application/json", "OpenAPI"),
        )
        .get("/api/docs", docs, open("This document, for people").answers_text(200, "text/html", "a page"))
        .get(
            "/problems/{kind}",
            problem,
            open("What a kind of problem means").answers_nothing(303, "to its place in /api/docs"),
        )
}

async fn home(headers: HeaderMap) -> Response {
    // Only the presence counts here: the page itself holds nothing, and its calls are checked each.
    match Credential::of(&headers) {
        Some(credential) if credential.is_session() => page::html(page::HOME).into_response(),
        _ => Redirect::to("/signin").into_response(),
    }
}

async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    page::asset(&name).ok_or_else(|| Problem::new(Kind::NotFound))
}

async fn openapi(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone())
}

async fn docs(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], app.docs.clone())
}

async fn problem(Path(kind): Path<String>) -> Result<Redirect, Problem> {
    let known = Kind::ALL.iter().map(|kind| kind.about().0).find(|name| *name == kind);
    known
        .map(|name| Redirect::to(&format!("/api/docs#problem-{name}")))
        .ok_or_else(|| Problem::new(Kind::NotFound))
}
