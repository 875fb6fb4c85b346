//! Search.

use axum::{Json as Answer, extract::State};
use proto::feed::v1 as pb;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::{self, Query},
    route::Routes,
    services::Callee::Feed,
    view::feed::SearchPage,
};

pub(super) fn routes() -> Routes {
    Routes::new("Search").get(
        "/api/v1/search",
        search,
        op("Finds messages, files, tasks, changes")
            .about(
                "Words are all meant; \"exact phrase\", -not, from:, in:, kind:message|file|task|roadmap|change, has:, before:, \
                 after:, assignee:, state:.",
            )
            .query::<SearchQuery>()
            .answers::<SearchPage>(200, "a page"),
    )
}

#[derive(Deserialize, IntoParams)]
struct SearchQuery {
    /// What to look for.
    q: String,
    /// `relevance` (also when absent) or `time`.
    order: Option<String>,
    /// How many items, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn search(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Answer<SearchPage>, Problem> {
    let message = pb::SearchRequest {
        q: query.q,
        order: query.order.unwrap_or_else(|| "relevance".to_owned()),
        limit: reading::limit(query.limit),
        cursor: query.cursor.unwrap_or_default(),
    };
    Ok(Answer(app.services.feed().search(caller.ask(Feed, message)?).await?.into_inner().into()))
}
