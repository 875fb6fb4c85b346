//! The service's gRPC contract: decode, permit, use case, encode.

mod answer;
mod content;
mod imports;
mod integrations;
mod show;

use std::{convert::Infallible, sync::Arc, time::Duration};

use ::rpc::{Authenticate, InTime};
use lifecycle::Shutdown;
use proto::ingestion::v1::{
    content_service_server::ContentServiceServer, import_service_server::ImportServiceServer,
    integration_service_server::IntegrationServiceServer,
};
use tokio::net::TcpListener;
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Server, server::TcpIncoming},
};

use crate::Ingestion;

/// The one call that takes as long as the archive is large.
const IMPORT: &str = "/oz.ingestion.v1.ImportService/Import";

/// What the methods share.
#[derive(Clone)]
struct Rpc(Arc<Ingestion>);

/// Serves until shutdown.
pub async fn serve(
    listener: TcpListener,
    authenticate: Authenticate,
    service: Arc<Ingestion>,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    let patience = service.patience;
    let rpc = Rpc(service);
    let served = Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .add_service(InterceptedService::new(
            InTime::new(IntegrationServiceServer::new(rpc.clone()), patience.call),
            authenticate.clone(),
        ))
        .add_service(InterceptedService::new(
            InTime::new(ImportServiceServer::new(rpc.clone()), patience.call).except(IMPORT, patience.import),
            authenticate.clone(),
        ))
        .add_service(InterceptedService::new(
            InTime::new(ContentServiceServer::new(rpc), patience.call),
            authenticate,
        ))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown.cancelled_owned(),
        )
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "ingestion's gRPC ended");
    }
    Ok(())
}
