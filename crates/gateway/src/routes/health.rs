//! Alive and ready.

use axum::{extract::State, response::Response};

use crate::{app::App, guard::Access, operation::op, readiness::Report, route::Routes};

pub(super) fn routes() -> Routes {
    Routes::new("Health")
        .get(
            "/healthz",
            alive,
            op("Whether the gateway runs").access(Access::Open).answers_text(200, "text/plain", "it does"),
        )
        .get(
            "/readyz",
            ready,
            op("Whether it can serve, with each dependency by name")
                .access(Access::Open)
                .answers::<Report>(200, "it can")
                .answers::<Report>(503, "something is away"),
        )
}

async fn alive() -> &'static str {
    "ok\n"
}

async fn ready(State(app): State<App>) -> Response {
    app.readiness.response().await
}
