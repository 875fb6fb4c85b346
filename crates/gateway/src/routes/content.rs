//! What was said: messages, threads, files.

use axum::{
    Json as Answer,
    extract::{Path, State},
};
use proto::ingestion::v1 as pb;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::{Paging, Query},
    route::Routes,
    services::Callee::Ingestion,
    view::{
        given,
        integration::{File, Message, Thread},
        some,
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Content")
        .get("/api/v1/messages/{id}", message, op("One message").answers::<Message>(200, "the message"))
        .get(
            "/api/v1/threads/{id}",
            thread,
            op("One thread, oldest message first").query::<Paging>().answers::<Thread>(200, "a page of it"),
        )
        .get("/api/v1/files/{id}", file, op("One file, without its bytes").answers::<File>(200, "the file"))
}

async fn message(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Message>, Problem> {
    let request = caller.ask(Ingestion, pb::GetMessageRequest { id })?;
    let answer = app.services.content().get_message(request).await?.into_inner();
    Ok(Answer(given(answer.message)?.into()))
}

async fn thread(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<Paging>,
) -> Result<Answer<Thread>, Problem> {
    let message = pb::GetThreadRequest { id: id.clone(), limit: query.limit(), cursor: query.cursor() };
    let answer = app.services.content().get_thread(caller.ask(Ingestion, message)?).await?.into_inner();
    let items = answer.messages.into_iter().map(Into::into).collect();
    Ok(Answer(Thread { id, items, next_cursor: some(answer.next_cursor) }))
}

async fn file(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<File>, Problem> {
    let request = caller.ask(Ingestion, pb::GetFileRequest { id: id.clone() })?;
    Ok(Answer(File::new(id, app.services.content().get_file(request).await?.into_inner())))
}
