//! The feed as it changes: server-sent events.
//!
//! An event's id is its position, so a client that lost the line comes back with `Last-Event-ID` and misses nothing. The member
//! is looked up again every [`RENEW`], and the stream to the feed service is opened anew from the last position with fresh
//! rights: whoever lost access loses the stream too, within that time.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream::unfold};
use proto::feed::v1 as pb;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout};
use tonic::Streaming;
use utoipa::IntoParams;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::{Kind, Problem},
    reading::Query,
    route::Routes,
    services::Callee::Feed,
    view::feed::Story,
};

/// How often rights are looked up again.
const RENEW: Duration = Duration::from_secs(15);
/// How long to wait before a broken stream to the feed service is tried again.
const PAUSE: Duration = Duration::from_secs(1);
const OPENING: Duration = Duration::from_secs(20);

pub(super) fn routes() -> Routes {
    Routes::new("Feed").get(
        "/api/v1/feed/stream",
        stream,
        op("Stories as they change (server-sent events)")
            .about(
                "`event: story` carries a story, `event: removed` the id of one that is gone. The id of an event is its \
                 position: send it back as Last-Event-ID to go on from there.",
            )
            .limits(None, Some(0))
            .query::<StreamQuery>()
            .header("Last-Event-ID", "position to go on from")
            .answers_text(200, "text/event-stream", "events"),
    )
}

#[derive(Deserialize, IntoParams)]
struct StreamQuery {
    /// `me` (also when absent), `org` or `team:<team id>`.
    scope: Option<String>,
    /// Position to go on from, where the header cannot be set.
    after: Option<i64>,
}

async fn stream(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<StreamQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let scope = query.scope.unwrap_or_else(|| "me".to_owned());
    let position = match last_event_id(&headers)?.or(query.after) {
        Some(position) if position < 0 => {
            return Err(Problem::invalid("after", "a position is not negative"));
        }
        Some(position) => position,
        None => newest(&app, &caller, &scope).await?,
    };
    // Opened before answering, so that a wrong scope is a problem and not a silent stream.
    let upstream = open(&app, &caller, &scope, position).await?;
    let shutdown = app.shutdown.clone();
    let renew_at = Instant::now() + RENEW;
    let follow = Follow { app, caller, scope, position, upstream: Some(upstream), renew_at };
    let begin = Event::default().id(position.to_string()).comment("following");
    let events = futures::stream::once(async { begin })
        .chain(unfold(follow, Follow::next))
        .map(Ok)
        .take_until(shutdown.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("alive")))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    position.map(Some).ok_or_else(|| Problem::invalid("Last-Event-ID", "not a position of this stream"))
}

/// Where the feed stands now.
async fn newest(app: &App, caller: &Caller, scope: &str) -> Result<i64, Problem> {
    let message = pb::ListStoriesRequest {
        scope: scope.to_owned(),
        order: "time".to_owned(),
        limit: 1,
        ..Default::default()
    };
    Ok(app.services.feed().list_stories(caller.ask(Feed, message)?).await?.into_inner().position)
}

type Upstream = Streaming<pb::StreamStoriesResponse>;

async fn open(app: &App, caller: &Caller, scope: &str, after_position: i64) -> Result<Upstream, Problem> {
    let message = pb::StreamStoriesRequest { scope: scope.to_owned(), after_position };
    let request = caller.ask_without_limit(Feed, message)?;
    let mut client = app.services.feed();
    let opening = timeout(OPENING, client.stream_stories(request)).await;
    Ok(opening.map_err(|_| Problem::new(Kind::TimedOut))??.into_inner())
}

struct Follow {
    app: App,
    caller: Caller,
    scope: String,
    position: i64,
    upstream: Option<Upstream>,
    renew_at: Instant,
}

impl Follow {
    /// The next event, or the end.
    async fn next(mut self) -> Option<(Event, Self)> {
        loop {
            let Some(upstream) = &mut self.upstream else {
                self.renew().await?;
                continue;
            };
            let message = tokio::select! {
                message = upstream.message() => message,
                () = sleep_until(self.renew_at) => {
                    self.renew().await?;
                    continue;
                }
            };
            match message {
                Ok(Some(message)) => {
                    if let Some(event) = self.event(message) {
                        return Some((event, self));
                    }
                }
                // The service stopped or the line broke: it comes back, or the next look-up ends this.
                Ok(None) | Err(_) => {
                    self.upstream = None;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Looks the member up again and goes on from the last position; `None` when they may no longer.
    async fn renew(&mut self) -> Option<()> {
        self.renew_at = Instant::now() + RENEW;
        let renewed = match self.app.authority.caller(self.caller.credential(), self.caller.trace()).await {
            Ok(caller) => {
                self.caller = caller;
                open(&self.app, &self.caller, &self.scope, self.position).await
            }
            Err(problem) => Err(problem),
        };
        match renewed {
            Ok(upstream) => self.upstream = Some(upstream),
            Err(problem) if passing(problem.kind()) => {
                // Not even an old stream goes on without its rights looked up.
                self.upstream = None;
                tokio::time::sleep(PAUSE).await;
            }
            Err(_) => return None,
        }
        Some(())
    }

    fn event(&mut self, message: pb::StreamStoriesResponse) -> Option<Event> {
        let event = match (message.story, message.removed_story_id) {
            (Some(story), _) => Event::default().event("story").json_data(Story::from(story)).ok()?,
            (None, id) if !id.is_empty() => {
                Event::default().event("removed").json_data(serde_json::json!({ "id": id })).ok()?
            }
            // A sign of life may move the position on.
            (None, _) if message.position > self.position => Event::default(),
            (None, _) => return None,
        };
        self.position = self.position.max(message.position);
        Some(event.id(self.position.to_string()))
    }
}

const fn passing(kind: Kind) -> bool {
    matches!(kind, Kind::Unavailable | Kind::TimedOut | Kind::TooManyRequests | Kind::Internal)
}
