//! The organization itself.

use axum::{Json as Answer, extract::State};
use proto::identity::v1 as pb;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::Json,
    route::Routes,
    services::Callee::Identity,
    view::{
        given,
        identity::{Organization, RotatedKeys},
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Organization")
        .get("/api/v1/org", get, op("Your organization").answers::<Organization>(200, "the organization"))
        .patch(
            "/api/v1/org",
            update,
            op("Changes the organization")
                .body::<OrganizationChange>()
                .answers::<Organization>(200, "as it is now"),
        )
        .post(
            "/api/v1/org/keys/rotate",
            rotate,
            op("Makes new data keys")
                .about("What is sealed already stays readable.")
                .answers::<RotatedKeys>(200, "done"),
        )
}

async fn get(State(app): State<App>, caller: Caller) -> Result<Answer<Organization>, Problem> {
    let request = caller.ask(Identity, pb::GetOrganizationRequest {})?;
    let answer = app.services.organization().get_organization(request).await?.into_inner();
    Ok(Answer(given(answer.org)?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationChange {
    #[serde(default)]
    name: Option<String>,
    /// The smallest group a figure is shown for; at least 5.
    #[serde(default)]
    cohort_floor: Option<u32>,
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<OrganizationChange>,
) -> Result<Answer<Organization>, Problem> {
    // Services take the empty value for "unchanged"; out here that would be a wish ignored.
    if input.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Problem::invalid("name", "must not be empty"));
    }
    if input.cohort_floor == Some(0) {
        return Err(Problem::invalid("cohort_floor", "at least 5"));
    }
    let message = pb::UpdateOrganizationRequest {
        name: input.name.unwrap_or_default(),
        cohort_floor: input.cohort_floor.unwrap_or(0),
    };
    let answer =
        app.services.organization().update_organization(caller.ask(Identity, message)?).await?.into_inner();
    Ok(Answer(given(answer.org)?.into()))
}

async fn rotate(State(app): State<App>, caller: Caller) -> Result<Answer<RotatedKeys>, Problem> {
    let request = caller.ask(Identity, pb::RotateKeysRequest {})?;
    let answer = app.services.organization().rotate_keys(request).await?.into_inner();
    Ok(Answer(RotatedKeys { version: answer.version }))
}
