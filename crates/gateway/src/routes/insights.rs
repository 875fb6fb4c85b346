//! Figures that identify nobody.

use axum::{
    Json as Answer,
    extract::{Path, State},
};
use proto::aggregation::v1 as pb;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::Query,
    route::Routes,
    services::Callee::Aggregation,
    view::insight::{Catalogue, Insight},
};

pub(super) fn routes() -> Routes {
    Routes::new("Insights")
        .get(
            "/api/v1/insights",
            catalogue,
            op("What can be asked for").answers::<Catalogue>(200, "the catalogue"),
        )
        .get(
            "/api/v1/insights/{metric}",
            insight,
            op("One figure over time")
                .about(
                    "A cell about fewer people than the cohort floor says `suppressed` and shows no number.",
                )
                .query::<InsightQuery>()
                .answers::<Insight>(200, "the figure"),
        )
}

async fn catalogue(State(app): State<App>, caller: Caller) -> Result<Answer<Catalogue>, Problem> {
    let request = caller.ask(Aggregation, pb::ListMetricsRequest {})?;
    Ok(Answer(app.services.insights().list_metrics(request).await?.into_inner().into()))
}

#[derive(Deserialize, IntoParams)]
struct InsightQuery {
    /// `org` (also when absent) or `team:<team id>`.
    scope: Option<String>,
    /// First day, as in 2026-01-01; 30 days ago when absent.
    from: Option<String>,
    /// The day after the last; tomorrow when absent.
    to: Option<String>,
    /// `day` (also when absent), `week` or `month`.
    bucket: Option<String>,
}

async fn insight(
    State(app): State<App>,
    caller: Caller,
    Path(metric): Path<String>,
    Query(query): Query<InsightQuery>,
) -> Result<Answer<Insight>, Problem> {
    let message = pb::GetInsightRequest {
        metric,
        scope: query.scope.unwrap_or_else(|| "org".to_owned()),
        from: query.from.unwrap_or_default(),
        to: query.to.unwrap_or_default(),
        bucket: query.bucket.unwrap_or_else(|| "day".to_owned()),
    };
    Ok(Answer(
        app.services.insights().get_insight(caller.ask(Aggregation, message)?).await?.into_inner().into(),
    ))
}
