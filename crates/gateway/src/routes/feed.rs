//! The feed: stories, what was seen, what is muted.

use axum::{Json as Answer, extract::State, http::StatusCode};
use proto::feed::v1 as pb;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::{self, Json, Query},
    route::Routes,
    services::Callee::Feed,
    view::{
        Page,
        feed::{FeedPage, Mute},
        page,
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Feed")
        .get("/api/v1/feed", list, op("Stories").query::<FeedQuery>().answers::<FeedPage>(200, "a page"))
        .post(
            "/api/v1/feed/seen",
            seen,
            op("Marks stories as seen").body::<Seen>().answers_nothing(204, "marked"),
        )
        .get("/api/v1/feed/mutes", mutes, op("What you keep out of your feed").page::<Mute>())
        .put(
            "/api/v1/feed/mutes",
            mute,
            op("Keeps something out of your feed").body::<MuteInput>().answers_nothing(204, "muted"),
        )
        .delete(
            "/api/v1/feed/mutes",
            unmute,
            op("Lets it in again").query::<MuteInput>().answers_nothing(204, "not muted"),
        )
}

#[derive(Deserialize, IntoParams)]
struct FeedQuery {
    /// `me` (also when absent), `org` or `team:<team id>`.
    scope: Option<String>,
    /// `time` (also when absent) or `relevance`.
    order: Option<String>,
    /// How many items, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only what you have not seen.
    unseen_only: Option<bool>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<FeedQuery>,
) -> Result<Answer<FeedPage>, Problem> {
    let message = pb::ListStoriesRequest {
        scope: query.scope.unwrap_or_else(|| "me".to_owned()),
        order: query.order.unwrap_or_else(|| "time".to_owned()),
        limit: reading::limit(query.limit),
        cursor: query.cursor.unwrap_or_default(),
        unseen_only: query.unseen_only.unwrap_or(false),
    };
    Ok(Answer(app.services.feed().list_stories(caller.ask(Feed, message)?).await?.into_inner().into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    #[serde(default)]
    story_ids: Vec<String>,
    /// Everything you can see up to this `position`.
    #[serde(default)]
    up_to_position: Option<i64>,
}

async fn seen(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<Seen>,
) -> Result<StatusCode, Problem> {
    let Seen { story_ids, up_to_position } = input;
    if story_ids.is_empty() && up_to_position.is_none() {
        return Err(Problem::invalid("story_ids", "name stories, or give up_to_position"));
    }
    let message = pb::MarkSeenRequest { story_ids, up_to_position: up_to_position.unwrap_or(0) };
    app.services.feed().mark_seen(caller.ask(Feed, message)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn mutes(State(app): State<App>, caller: Caller) -> Result<Answer<Page<Mute>>, Problem> {
    let answer =
        app.services.feed().list_mutes(caller.ask(Feed, pb::ListMutesRequest {})?).await?.into_inner();
    Ok(page(answer.mutes, String::new()))
}

#[derive(Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
struct MuteInput {
    /// `source`, `story` or `actor`.
    kind: String,
    /// Id of the source or story; the account's UUID for an actor.
    id: String,
}

async fn mute(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<MuteInput>,
) -> Result<StatusCode, Problem> {
    let MuteInput { kind, id } = input;
    app.services.feed().put_mute(caller.ask(Feed, pb::PutMuteRequest { kind, id })?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unmute(
    State(app): State<App>,
    caller: Caller,
    Query(input): Query<MuteInput>,
) -> Result<StatusCode, Problem> {
    let MuteInput { kind, id } = input;
    app.services.feed().delete_mute(caller.ask(Feed, pb::DeleteMuteRequest { kind, id })?).await?;
    Ok(StatusCode::NO_CONTENT)
}
