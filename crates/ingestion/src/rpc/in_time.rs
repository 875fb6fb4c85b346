//! Calls that end in time, whatever they wait for.
//!
//! A server-wide limit would cut off large archives, whose call lasts as long as they arrive.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use tonic::{
    Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::NamedService,
};

use crate::Patience;

/// The one call that takes as long as the archive is large.
const IMPORT: &str = "/oz.ingestion.v1.ImportService/Import";

/// A service with a limit of time for each of its calls.
#[derive(Clone)]
pub struct InTime<S> {
    service: S,
    patience: Patience,
}

impl<S> InTime<S> {
    pub const fn new(service: S, patience: Patience) -> Self {
        Self { service, patience }
    }
}

impl<S: NamedService> NamedService for InTime<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for InTime<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let limit = if request.uri().path() == IMPORT { self.patience.import } else { self.patience.call };
        let answer = tokio::time::timeout(limit, self.service.call(request));
        Box::pin(async move {
            let late = |_| Ok(Status::deadline_exceeded("took too long").into_http());
            answer.await.unwrap_or_else(late)
        })
    }
}
