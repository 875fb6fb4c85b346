//! Who looked at what.

use axum::{Json as Answer, extract::State};
use proto::identity::v1 as pb;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::{Paging, Query},
    route::Routes,
    services::Callee::Identity,
    view::{Page, identity::Access, page},
};

pub(super) fn routes() -> Routes {
    Routes::new("Privacy").get(
        "/api/v1/privacy/access-log",
        access_log,
        op("Who did or looked at what, newest first").query::<Paging>().page::<Access>(),
    )
}

async fn access_log(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Paging>,
) -> Result<Answer<Page<Access>>, Problem> {
    let message = pb::ListAuditRequest { limit: query.limit(), cursor: query.cursor() };
    let answer = app.services.organization().list_audit(caller.ask(Identity, message)?).await?.into_inner();
    Ok(page(answer.entries, answer.next_cursor))
}
