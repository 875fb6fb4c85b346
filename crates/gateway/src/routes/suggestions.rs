//! Suggestions: tasks found in what was said.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use proto::task::v1 as pb;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::tasks::{Assignee, shown};
use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::{self, Json, Query, present},
    route::Routes,
    services::Callee::Task as TaskService,
    view::{
        Page, given, page,
        task::{Suggestion, Task, Thresholds},
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Suggestions")
        .get("/api/v1/suggestions", list, op("Suggestions").query::<SuggestionQuery>().page::<Suggestion>())
        .get(
            "/api/v1/org/suggestions",
            thresholds,
            op("What is suggested, and what done unasked").answers::<Thresholds>(200, "the choice"),
        )
        .patch(
            "/api/v1/org/suggestions",
            choose,
            op("Chooses what is suggested, and what done unasked")
                .about("Counts for what is said from now on. What is done unasked stands in the task's history without an actor.")
                .body::<ThresholdChange>()
                .answers::<Thresholds>(200, "as it is now"),
        )
        .patch(
            "/api/v1/suggestions/{id}",
            update,
            op("Corrects a suggestion before it is accepted")
                .body::<SuggestionChange>()
                .answers::<Suggestion>(200, "as it is now"),
        )
        .post(
            "/api/v1/suggestions/{id}/accept",
            accept,
            op("Makes the task, or the change to it").body::<Acceptance>().answers::<Task>(200, "the task"),
        )
        .post(
            "/api/v1/suggestions/{id}/reject",
            reject,
            op("Puts a suggestion aside").answers::<Suggestion>(200, "as it is now"),
        )
}

#[derive(Deserialize, IntoParams)]
struct SuggestionQuery {
    /// How many items, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `open` (also when absent), `accepted` or `rejected`.
    status: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SuggestionQuery>,
) -> Result<Answer<Page<Suggestion>>, Problem> {
    let message = pb::ListSuggestionsRequest {
        limit: reading::limit(query.limit),
        cursor: query.cursor.unwrap_or_default(),
        status: query.status.unwrap_or_default(),
    };
    let answer = app.services.tasks().list_suggestions(caller.ask(TaskService, message)?).await?.into_inner();
    Ok(page(answer.suggestions, answer.next_cursor))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuggestionChange {
    #[serde(default)]
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Assignee>)]
    assignee: Option<Option<Assignee>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    due_on: Option<Option<String>>,
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(change): Json<SuggestionChange>,
) -> Result<Answer<Suggestion>, Problem> {
    let fields = reading::named(&[
        ("title", change.title.is_some()),
        ("assignee", change.assignee.is_some()),
        ("due_on", change.due_on.is_some()),
    ])?;
    let message = pb::UpdateSuggestionRequest {
        id,
        fields,
        title: change.title.unwrap_or_default(),
        assignee: change.assignee.flatten().map(Assignee::into_id).unwrap_or_default(),
        due_on: change.due_on.flatten().unwrap_or_default(),
    };
    let answer =
        app.services.tasks().update_suggestion(caller.ask(TaskService, message)?).await?.into_inner();
    Ok(Answer(given(answer.suggestion)?.into()))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// The default list when absent.
    #[serde(default)]
    list_id: Option<String>,
}

async fn accept(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<Acceptance>,
) -> Result<Response, Problem> {
    let message = pb::AcceptSuggestionRequest { id, list_id: input.list_id.unwrap_or_default() };
    let answer =
        app.services.tasks().accept_suggestion(caller.ask(TaskService, message)?).await?.into_inner();
    shown(StatusCode::OK, answer.task)
}

async fn reject(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Suggestion>, Problem> {
    let request = caller.ask(TaskService, pb::RejectSuggestionRequest { id })?;
    let answer = app.services.tasks().reject_suggestion(request).await?.into_inner();
    Ok(Answer(given(answer.suggestion)?.into()))
}

async fn thresholds(State(app): State<App>, caller: Caller) -> Result<Answer<Thresholds>, Problem> {
    let request = caller.ask(TaskService, pb::GetThresholdsRequest {})?;
    let answer = app.services.tasks().get_thresholds(request).await?.into_inner();
    Ok(Answer(Thresholds::of(given(answer.thresholds)?, given(answer.recommended)?)))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ThresholdChange {
    /// From 0 to 1, or null for all that is found.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    suggest: Option<Option<f32>>,
    /// From 0 to 1 and not below what is suggested, or null for never.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    auto: Option<Option<f32>>,
}

async fn choose(
    State(app): State<App>,
    caller: Caller,
    Json(change): Json<ThresholdChange>,
) -> Result<Answer<Thresholds>, Problem> {
    let fields = reading::named(&[("suggest", change.suggest.is_some()), ("auto", change.auto.is_some())])?;
    let chosen = pb::Thresholds { suggest: change.suggest.flatten(), auto: change.auto.flatten() };
    let message = pb::UpdateThresholdsRequest { fields, thresholds: Some(chosen) };
    let answer =
        app.services.tasks().update_thresholds(caller.ask(TaskService, message)?).await?.into_inner();
    Ok(Answer(Thresholds::of(given(answer.thresholds)?, given(answer.recommended)?)))
}
