//! The hook door: from a provider's request to a durable delivery.
//!
//! In this order, and nothing is stored before the last step: size, integration, signature over the raw bytes, what it is about,
//! whether that is shared, repetition. The answer goes out after the commit.

mod answer;
mod commit;
mod configs;
mod receive;

use std::{convert::Infallible, future::IntoFuture, sync::Arc};

use axum::{Router, routing::post};
use lifecycle::Shutdown;
use tokio::net::TcpListener;

pub use commit::{Acceptor, acceptor};
pub use configs::Configs;

use crate::Ingestion;

/// What the routes share.
pub struct Door {
    pub service: Arc<Ingestion>,
    pub acceptor: Acceptor,
}

/// Serves `POST /hooks/{provider}/{integration_id}` until shutdown.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Ingestion>,
    acceptor: Acceptor,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    let routes = Router::new()
        .route("/hooks/{provider}/{integration}", post(receive::receive))
        .with_state(Arc::new(Door { service, acceptor }));
    let server =
        axum::serve(listener, routes).with_graceful_shutdown(async move { shutdown.cancelled().await });
    if let Err(error) = server.into_future().await {
        tracing::error!(%error, "hook door ended");
    }
    Ok(())
}
