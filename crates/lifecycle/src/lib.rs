//! Supervised tasks and orderly shutdown.
//!
//! Nothing runs unsupervised: every task has a name, sees the same shutdown signal, and one that ends before it was asked to
//! ends the whole process with an error, because half a service is worse than none.

use std::{future::Future, time::Duration};

use tokio::task::JoinSet;
pub use tokio_util::sync::CancellationToken as Shutdown;

/// A task that ended without being asked to.
#[derive(Debug, thiserror::Error)]
#[error("{task} ended unexpectedly: {reason}")]
pub struct Ended {
    /// Name of the task.
    pub task: &'static str,
    /// What it said, or that it panicked.
    pub reason: String,
}

type Outcome = (&'static str, Result<(), String>);

/// Runs named tasks until shutdown.
#[derive(Debug, Default)]
pub struct Supervisor {
    tasks: JoinSet<Outcome>,
    shutdown: Shutdown,
}

impl Supervisor {
    /// A supervisor with a shutdown signal of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The signal that all tasks watch.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Starts a task. It must end soon after the shutdown signal, and not before.
    pub fn spawn<F, E>(&mut self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        self.tasks.spawn(async move { (name, task.await.map_err(|e| e.to_string())) });
    }

    /// Waits until `stop` completes or a task ends by itself, then signals shutdown and gives the tasks `grace` to finish;
    /// what still runs after that is aborted.
    ///
    /// # Errors
    /// When a task ended or failed before shutdown was asked for.
    pub async fn run(mut self, stop: impl Future<Output = ()>, grace: Duration) -> Result<(), Ended> {
        let early = tokio::select! {
            () = stop => None,
            () = self.shutdown.cancelled() => None,
            Some(ended) = self.tasks.join_next() => Some(ended),
        };
        self.shutdown.cancel();
        let finish = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Ok((task, Err(reason))) = ended {
                    tracing::warn!(task, reason, "task failed while stopping");
                }
            }
        };
        if tokio::time::timeout(grace, finish).await.is_err() {
            tracing::warn!("some tasks did not stop in time and were aborted");
            self.tasks.abort_all();
        }
        match early {
            None => Ok(()),
            Some(Ok((task, outcome))) => {
                Err(Ended { task, reason: outcome.err().unwrap_or_else(|| "it returned".to_owned()) })
            }
            Some(Err(join)) => Err(Ended { task: "a task", reason: join.to_string() }),
        }
    }
}

/// Completes on SIGTERM or Ctrl-C.
///
/// # Errors
/// When the process may not listen to signals.
pub async fn stop_signal() -> std::io::Result<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut int = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_early_ends_everything_with_its_name() {
        let mut supervisor = Supervisor::new();
        let shutdown = supervisor.shutdown();
        supervisor.spawn("patient", async move {
            shutdown.cancelled().await;
            Ok::<_, String>(())
        });
        supervisor.spawn("hasty", async { Err::<(), _>("lost its way") });
        let ended = supervisor.run(std::future::pending(), Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(ended.to_string(), "hasty ended unexpectedly: lost its way");
    }

    #[tokio::test]
    async fn shutdown_is_soft_then_hard() {
        let mut supervisor = Supervisor::new();
        supervisor.spawn("deaf", std::future::pending::<Result<(), String>>());
        assert!(supervisor.run(async {}, Duration::from_millis(10)).await.is_ok());
    }
}
