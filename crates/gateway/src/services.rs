//! The five services, as clients.

use std::time::Duration;

use bytes::Bytes;
use proto::{
    aggregation::v1 as aggregation, feed::v1 as feed, identity::v1 as identity, ingestion::v1 as ingestion,
    task::v1 as task,
};
use tonic::{body::Body, transport::Channel};
use tower::{Service, ServiceExt};

/// Largest answer that is read: a page of stories with their texts stays far below.
const MAX_ANSWER: usize = 16 << 20;

/// A channel to each service; they connect when first used.
#[derive(Debug, Clone)]
pub struct Services {
    /// Identity.
    pub identity: Channel,
    /// Ingestion.
    pub ingestion: Channel,
    /// Task.
    pub task: Channel,
    /// Feed.
    pub feed: Channel,
    /// Aggregation.
    pub aggregation: Channel,
}

/// A service that is asked on behalf of a member: the audience of the caller token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callee {
    Identity,
    Ingestion,
    Task,
    Feed,
    Aggregation,
}

impl Callee {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Ingestion => "ingestion",
            Self::Task => "task",
            Self::Feed => "feed",
            Self::Aggregation => "aggregation",
        }
    }
}

macro_rules! clients {
    ($($name:ident: $client:ident on $channel:ident;)*) => {
        impl Services {
            $(pub(crate) fn $name(&self) -> $client<Channel> {
                $client::new(self.$channel.clone()).max_decoding_message_size(MAX_ANSWER)
            })*
        }
    };
}

use aggregation::insight_service_client::InsightServiceClient;
use feed::feed_service_client::FeedServiceClient;
use identity::{me_service_client::MeServiceClient, organization_service_client::OrganizationServiceClient};
use ingestion::{
    content_service_client::ContentServiceClient, import_service_client::ImportServiceClient,
    integration_service_client::IntegrationServiceClient,
};
use task::task_service_client::TaskServiceClient;

clients! {
    me: MeServiceClient on identity;
    organization: OrganizationServiceClient on identity;
    integrations: IntegrationServiceClient on ingestion;
    imports: ImportServiceClient on ingestion;
    content: ContentServiceClient on ingestion;
    tasks: TaskServiceClient on task;
    feed: FeedServiceClient on feed;
    insights: InsightServiceClient on aggregation;
}

impl Services {
    /// The services by name, for readiness.
    pub(crate) fn by_name(&self) -> [(&'static str, Channel); 5] {
        [
            ("identity", self.identity.clone()),
            ("ingestion", self.ingestion.clone()),
            ("task", self.task.clone()),
            ("feed", self.feed.clone()),
            ("aggregation", self.aggregation.clone()),
        ]
    }
}

/// Whether a gRPC server answers at all: it is asked for a method that nobody has, and says so.
pub(crate) async fn answers(mut channel: Channel) -> bool {
    let request = http::Request::post("/oz.gateway.Readiness/Ask")
        .header("content-type", "application/grpc")
        .body(Body::new(http_body_util::Full::new(Bytes::new())));
    let Ok(request) = request else { return false };
    let ask = async { channel.ready().await?.call(request).await };
    tokio::time::timeout(Duration::from_secs(2), ask).await.is_ok_and(|answer| answer.is_ok())
}
