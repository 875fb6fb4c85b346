//! The gRPC door: decode, ask for the permit, run the use case, encode.

mod decode;
mod encode;
mod refusal;
mod service;

use std::time::Duration;

use lifecycle::Shutdown;
use proto::task::v1::task_service_server::TaskServiceServer;
use tokio::net::TcpListener;
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Server, server::TcpIncoming},
};

use crate::usecase::Means;

/// Largest request, bytes: a description of 20,000 characters and room to spare.
const LARGEST_REQUEST: usize = 256 * 1024;
/// Largest answer, bytes.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Serves until shutdown.
pub(crate) async fn serve(
    listener: TcpListener,
    means: Means,
    authenticate: ::rpc::Authenticate,
    shutdown: Shutdown,
) -> Result<(), tonic::transport::Error> {
    let service = TaskServiceServer::new(service::Service { means })
        .max_decoding_message_size(LARGEST_REQUEST)
        .max_encoding_message_size(LARGEST_ANSWER);
    Server::builder()
        .timeout(TIME_LIMIT)
        .add_service(InterceptedService::new(service, authenticate))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown.cancelled_owned(),
        )
        .await
}
