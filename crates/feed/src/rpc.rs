//! The gRPC door: decode, permit, use case, encode.

mod encode;
mod problem;

use std::{pin::Pin, str::FromStr, time::Duration};

use access::action;
use clock::Clock;
use ids::{SourceId, StoryId};
use lifecycle::Shutdown;
use proto::feed::v1::{
    self as wire,
    feed_service_server::{FeedService, FeedServiceServer},
};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Error, Server, server::TcpIncoming},
};
use uuid::Uuid;

use crate::{
    domain::{
        scope::{Order, Scope},
        vocabulary::MuteKind,
    },
    usecase::{self, Ground, stream_stories::Stream},
    wake::Wakes,
};

/// Most stories marked by one call.
const MOST_MARKED: usize = 1_000;

/// Largest request, bytes.
const MAX_REQUEST: usize = 256 * 1024;
/// Longest time one request may take; a stream's is the time until it begins.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub ground: Ground,
    pub clock: Clock,
    pub wakes: Wakes,
    pub shutdown: Shutdown,
}

/// Serves until shutdown.
pub(crate) async fn serve(
    feed: Feed,
    authenticate: rpc::Authenticate,
    listener: TcpListener,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let service = FeedServiceServer::new(feed).max_decoding_message_size(MAX_REQUEST);
    Server::builder()
        .timeout(REQUEST_TIMEOUT)
        .add_service(InterceptedService::new(service, authenticate))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown.cancelled_owned(),
        )
        .await
}

#[tonic::async_trait]
impl FeedService for Feed {
    async fn list_stories(
        &self,
        request: Request<wire::ListStoriesRequest>,
    ) -> Result<Response<wire::ListStoriesResponse>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::ReadFeed>().map_err(rpc::denied)?;
        let request = request.into_inner();
        let ask = usecase::list_stories::Ask {
            scope: word(&request.scope, "scope")?,
            order: word(&request.order, "order")?,
            limit: request.limit,
            cursor: request.cursor,
            unseen_only: request.unseen_only,
        };
        let page = usecase::list_stories::run(&self.ground, &permit, ask, self.clock.now_us()).await;
        let page = page.map_err(problem::list)?;
        Ok(Response::new(wire::ListStoriesResponse {
            stories: page.stories.into_iter().map(encode::story).collect(),
            next_cursor: page.next_cursor,
            position: page.pos,
        }))
    }

    type StreamStoriesStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<wire::StreamStoriesResponse, Status>> + Send>>;

    async fn stream_stories(
        &self,
        request: Request<wire::StreamStoriesRequest>,
    ) -> Result<Response<Self::StreamStoriesStream>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::ReadFeed>().map_err(rpc::denied)?;
        let request = request.into_inner();
        let scope: Scope = word(&request.scope, "scope")?;
        // Before the first look, so that no wake between them is lost.
        let wakes = self.wakes.subscribe(permit.org());
        let (ground, shutdown, after) = (self.ground.clone(), self.shutdown.clone(), request.after_position);
        let stream = usecase::stream_stories::run(ground, permit, scope, after, wakes, shutdown).await;
        let stream = stream.map_err(problem::stream)?;
        let sent = futures::stream::unfold(stream, |mut stream: Stream| async move {
            let sent = stream.next().await?;
            Some((sent.map(encode::sent).map_err(problem::stream), stream))
        });
        Ok(Response::new(Box::pin(sent)))
    }

    async fn mark_seen(
        &self,
        request: Request<wire::MarkSeenRequest>,
    ) -> Result<Response<wire::MarkSeenResponse>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::MarkFeed>().map_err(rpc::denied)?;
        let request = request.into_inner();
        if request.story_ids.len() > MOST_MARKED {
            return Err(rpc::invalid("story_ids", format!("at most {MOST_MARKED} at once")));
        }
        let stories = request.story_ids.iter().map(|story| word::<StoryId>(story, "story_ids"));
        let stories = stories.collect::<Result<Vec<_>, _>>()?;
        let (upto, now) = (request.up_to_position, self.clock.now_us());
        usecase::mark_seen::run(&self.ground, &permit, &stories, upto, now)
            .await
            .map_err(problem::failure)?;
        Ok(Response::new(wire::MarkSeenResponse {}))
    }

    async fn list_mutes(
        &self,
        request: Request<wire::ListMutesRequest>,
    ) -> Result<Response<wire::ListMutesResponse>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::ReadFeed>().map_err(rpc::denied)?;
        let mutes = usecase::list_mutes::run(&self.ground, &permit).await.map_err(problem::failure)?;
        Ok(Response::new(wire::ListMutesResponse { mutes: mutes.into_iter().map(encode::mute).collect() }))
    }

    async fn put_mute(
        &self,
        request: Request<wire::PutMuteRequest>,
    ) -> Result<Response<wire::PutMuteResponse>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::MarkFeed>().map_err(rpc::denied)?;
        let request = request.into_inner();
        let (kind, id) = muted(&request.kind, &request.id)?;
        let now = self.clock.now_us();
        usecase::put_mute::run(&self.ground, &permit, kind, id, now).await.map_err(problem::mute)?;
        Ok(Response::new(wire::PutMuteResponse {}))
    }

    async fn delete_mute(
        &self,
        request: Request<wire::DeleteMuteRequest>,
    ) -> Result<Response<wire::DeleteMuteResponse>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::MarkFeed>().map_err(rpc::denied)?;
        let request = request.into_inner();
        let (kind, id) = muted(&request.kind, &request.id)?;
        usecase::delete_mute::run(&self.ground, &permit, kind, id).await.map_err(problem::failure)?;
        Ok(Response::new(wire::DeleteMuteResponse {}))
    }

    async fn search(
        &self,
        request: Request<wire::SearchRequest>,
    ) -> Result<Response<wire::SearchResponse>, Status> {
        let permit = rpc::caller(request.extensions())?.permit::<action::Search>().map_err(rpc::denied)?;
        let request = request.into_inner();
        let order: Order = word(&request.order, "order")?;
        let ask = usecase::search::Ask { q: request.q, order, limit: request.limit, cursor: request.cursor };
        let found = usecase::search::run(&self.ground, &permit, ask, self.clock.now_us()).await;
        let found = found.map_err(problem::search)?;
        Ok(Response::new(encode::found(found)))
    }
}

/// A word or an identifier of the request.
fn word<T: FromStr<Err: std::fmt::Display>>(text: &str, field: &'static str) -> Result<T, Status> {
    text.parse().map_err(|error: T::Err| rpc::invalid(field, error.to_string()))
}

/// What a mute names.
fn muted(kind: &str, id: &str) -> Result<(MuteKind, Uuid), Status> {
    let kind =
        MuteKind::of_word(kind).ok_or_else(|| rpc::invalid("kind", "expected source, story or actor"))?;
    let id = match kind {
        MuteKind::Source => word::<SourceId>(id, "id")?.uuid(),
        MuteKind::Story => word::<StoryId>(id, "id")?.uuid(),
        MuteKind::Actor => word::<Uuid>(id, "id")?,
    };
    Ok((kind, id))
}
