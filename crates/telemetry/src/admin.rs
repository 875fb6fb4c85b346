//! The admin address of a process: alive, ready, metrics. Not for the outside world.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Map, Value, json};

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// One dependency and how to ask whether it is there.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
}

impl Check {
    /// A check that runs `ask` and gives it two seconds.
    pub fn new<F, Fut, E>(name: &'static str, ask: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        let ask = move || -> Answer {
            let asked = ask();
            Box::pin(async move { asked.await.map_err(|error| error.to_string()) })
        };
        Self { name, ask: Arc::new(ask) }
    }

    /// Name of the dependency.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Asks now.
    ///
    /// # Errors
    /// Why it is not there; for the log and the operator, never for the outside.
    pub async fn ask(&self) -> Result<(), String> {
        match tokio::time::timeout(Duration::from_secs(2), (self.ask)()).await {
            Ok(answer) => answer,
            Err(_) => Err("no answer within 2 s".to_owned()),
        }
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Asks all checks at once. The object has one entry a dependency: `"ok"` or `"unavailable"`.
pub async fn readiness(checks: &[Check]) -> (bool, Value) {
    let answers = futures::future::join_all(checks.iter().map(Check::ask)).await;
    let mut states = Map::new();
    let mut ready = true;
    for (check, answer) in checks.iter().zip(answers) {
        if let Err(reason) = &answer {
            ready = false;
            tracing::warn!(dependency = check.name, reason, "not ready");
        }
        let state = if answer.is_ok() { "ok" } else { "unavailable" };
        states.insert(check.name.to_owned(), state.into());
    }
    (ready, json!({ "status": if ready { "ready" } else { "unavailable" }, "dependencies": states }))
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(checks: Vec<Check>, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { Json(json!({ "status": "alive" })) }))
        .route("/readyz", get(ready))
        .with_state(Arc::<[Check]>::from(checks))
        .route("/metrics", get(move || std::future::ready(metrics.render())))
}

async fn ready(State(checks): State<Arc<[Check]>>) -> impl IntoResponse {
    let (ready, states) = readiness(&checks).await;
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(states))
}
