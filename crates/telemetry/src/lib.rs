//! Logs, metrics and trace context that carry no content.
//!
//! Logs are JSON lines on standard error. Whoever logs names fields; content never has a type that prints, and a test greps
//! the log of the whole end-to-end run for canaries.

mod trace;

use metrics_exporter_prometheus::PrometheusBuilder;
pub use metrics_exporter_prometheus::PrometheusHandle;
pub use trace::TraceContext;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another subscriber or recorder is installed already.
    #[error("telemetry is already running in this process")]
    AlreadyRunning,
    /// The log filter is not understood.
    #[error("log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Short text, for a person at a terminal.
    Text,
}

/// Starts logging with a filter such as `info,sqlx=warn` and installs the metrics recorder.
///
/// # Errors
/// When the filter is wrong or telemetry runs already.
pub fn start(filter: &str, format: LogFormat) -> Result<PrometheusHandle, StartError> {
    // PostgreSQL's remarks ("does not exist, skipping") tell nobody anything.
    let filter = EnvFilter::try_new(format!("sqlx::postgres::notice=warn,{filter}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let line = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    match format {
        LogFormat::Json => registry.with(line.json().flatten_event(true)).try_init(),
        LogFormat::Text => registry.with(line.compact().with_target(false)).try_init(),
    }
    .map_err(|_| StartError::AlreadyRunning)?;
    PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
        .map_err(|_| StartError::AlreadyRunning)?
        .install_recorder()
        .map_err(|_| StartError::AlreadyRunning)
}
