//! Calls that end in time, whatever they wait for.
//!
//! tonic's limit is the whole server's, and would cut off uploads, whose call lasts as long as they arrive.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Duration,
};

use tonic::{
    Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::NamedService,
};

/// A service with a limit of time for each of its calls; past it, the answer is `DEADLINE_EXCEEDED`.
#[derive(Clone, Debug)]
pub struct InTime<S> {
    service: S,
    limit: Duration,
    except: Option<(&'static str, Duration)>,
}

impl<S> InTime<S> {
    /// Each call of `service` ends within `limit`.
    #[must_use]
    pub const fn new(service: S, limit: Duration) -> Self {
        Self { service, limit, except: None }
    }

    /// But the call of that path (`/package.Service/Method`) ends within `limit`.
    #[must_use]
    pub fn except(self, path: &'static str, limit: Duration) -> Self {
        Self { except: Some((path, limit)), ..self }
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
        let limit = match self.except {
            Some((path, limit)) if path == request.uri().path() => limit,
            _ => self.limit,
        };
        let answer = tokio::time::timeout(limit, self.service.call(request));
        Box::pin(async move {
            let late = |_| Ok(Status::deadline_exceeded("took too long").into_http());
            answer.await.unwrap_or_else(late)
        })
    }
}
