//! Alive, ready, measured: what an orchestrator asks.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::join_all;
use http::{StatusCode, header};
use lifecycle::{Shutdown, Supervisor};
use serde::Serialize;
use tokio::{net::TcpListener, sync::Mutex, time::Instant};
use utoipa::ToSchema;

/// An answer serves everybody who asks within this time, so that asking cannot become a load.
const FRESH: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(2);

type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// A dependency and how to ask whether it answers.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    probe: Probe,
}

impl Check {
    /// A check by name. `probe` says whether the dependency answers; more than two seconds is a no.
    pub fn new<F, Fut>(name: &'static str, probe: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = bool> + Send + 'static,
    {
        Self { name, probe: Arc::new(move || Box::pin(probe())) }
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Check({})", self.name)
    }
}

/// Whether a process can serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Report {
    /// `ready` or `not_ready`.
    status: &'static str,
    dependencies: Vec<Dependency>,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Dependency {
    name: &'static str,
    /// `ok` or `down`.
    state: &'static str,
}

impl Report {
    fn response(self) -> Response {
        let status = if self.status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(self)).into_response()
    }
}

/// Asks all dependencies of a process.
#[derive(Debug, Clone)]
pub struct Readiness {
    checks: Arc<[Check]>,
    shutdown: Shutdown,
    last: Arc<Mutex<Option<(Instant, Report)>>>,
}

impl Readiness {
    /// Of these dependencies; never ready once shutdown began, so that no new requests are sent here.
    #[must_use]
    pub fn new(checks: Vec<Check>, shutdown: Shutdown) -> Self {
        Self { checks: checks.into(), shutdown, last: Arc::default() }
    }

    pub(crate) async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        let mut report = match last.as_ref() {
            Some((at, report)) if at.elapsed() < FRESH => report.clone(),
            _ => {
                let report = self.ask().await;
                *last = Some((Instant::now(), report.clone()));
                report
            }
        };
        if self.shutdown.is_cancelled() {
            report.status = "not_ready";
        }
        report
    }

    async fn ask(&self) -> Report {
        let dependencies = join_all(self.checks.iter().map(|check| async {
            let ok = tokio::time::timeout(PATIENCE, (check.probe)()).await.unwrap_or(false);
            Dependency { name: check.name, state: if ok { "ok" } else { "down" } }
        }))
        .await;
        let ready = dependencies.iter().all(|dependency| dependency.state == "ok");
        Report { status: if ready { "ready" } else { "not_ready" }, dependencies }
    }

    pub(crate) async fn response(&self) -> Response {
        self.report().await.response()
    }
}

/// Renders the process's metrics in Prometheus's text format.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// The address for operators: not for the outside.
pub struct Admin {
    /// Where it listens.
    pub listener: TcpListener,
    /// What `/metrics` shows.
    pub metrics: MetricsText,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Admin({:?})", self.listener.local_addr())
    }
}

/// Serves `/healthz`, `/readyz` and `/metrics` for any process.
pub fn serve_admin(admin: Admin, readiness: Readiness, supervisor: &mut Supervisor) {
    let Admin { listener, metrics } = admin;
    let routes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async |State(readiness): State<Readiness>| readiness.response().await))
        .route(
            "/metrics",
            get(async move || ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics())),
        )
        .with_state(readiness);
    let shutdown = supervisor.shutdown();
    supervisor.spawn("admin", async move {
        axum::serve(listener, routes).with_graceful_shutdown(shutdown.cancelled_owned()).await
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_dependency_is_named_and_one_that_is_down_makes_all_not_ready() {
        let checks = vec![Check::new("redis", async || true), Check::new("task", async || false)];
        let report = Readiness::new(checks, Shutdown::new()).report().await;
        assert_eq!(report.status, "not_ready");
        assert_eq!(report.dependencies[0], Dependency { name: "redis", state: "ok" });
        assert_eq!(report.dependencies[1], Dependency { name: "task", state: "down" });
    }

    #[tokio::test]
    async fn who_is_stopping_is_not_ready() {
        let shutdown = Shutdown::new();
        let readiness = Readiness::new(vec![Check::new("redis", async || true)], shutdown.clone());
        assert_eq!(readiness.report().await.status, "ready");
        shutdown.cancel();
        assert_eq!(readiness.report().await.status, "not_ready");
    }
}
