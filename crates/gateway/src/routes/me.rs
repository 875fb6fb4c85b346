//! The caller and their API tokens.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
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
        Page, given,
        identity::{ApiToken, Me, NewToken},
        page,
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Me")
        .get("/api/v1/me", me, op("Who you are").answers::<Me>(200, "you"))
        .get("/api/v1/tokens", list, op("Your API tokens").page::<ApiToken>())
        .post(
            "/api/v1/tokens",
            create,
            op("Makes an API token")
                .about("The secret is in this answer only.")
                .body::<TokenInput>()
                .answers::<NewToken>(201, "the token"),
        )
        .delete("/api/v1/tokens/{id}", revoke, op("Revokes an API token").answers_nothing(204, "revoked"))
}

async fn me(State(app): State<App>, caller: Caller) -> Result<Answer<Me>, Problem> {
    let answer = app.services.me().get_me(caller.ask(Identity, pb::GetMeRequest {})?).await?.into_inner();
    Ok(Answer(answer.into()))
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Answer<Page<ApiToken>>, Problem> {
    let answer =
        app.services.me().list_tokens(caller.ask(Identity, pb::ListTokensRequest {})?).await?.into_inner();
    Ok(page(answer.tokens, String::new()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenInput {
    name: String,
    /// `read`, `write`, `admin`: the strongest counts.
    scopes: Vec<String>,
    /// Never, when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<DateTime<Utc>>,
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<TokenInput>,
) -> Result<(StatusCode, Answer<NewToken>), Problem> {
    let TokenInput { name, scopes, expires_at } = input;
    let expires_at_us = match expires_at.map(|at| at.timestamp_micros()) {
        Some(at) if at <= app.entropy.clock().now_us() => {
            return Err(Problem::invalid("expires_at", "must be in the future"));
        }
        at => at.unwrap_or(0),
    };
    let request = caller.ask(Identity, pb::CreateTokenRequest { name, scopes, expires_at_us })?;
    let answer = app.services.me().create_token(request).await?.into_inner();
    let token = NewToken { about: given(answer.token)?.into(), token: answer.secret };
    Ok((StatusCode::CREATED, Answer(token)))
}

async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.services.me().revoke_token(caller.ask(Identity, pb::RevokeTokenRequest { id })?).await?;
    Ok(StatusCode::NO_CONTENT)
}
