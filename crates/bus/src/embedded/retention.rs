//! The log must not grow for ever: what is old and read by all is deleted.

use std::{convert::Infallible, time::Duration};

use lifecycle::Shutdown;

use super::Embedded;

impl Embedded {
    /// Expires what is older than `age`, again and again with pauses of `every`, until shutdown. Several processes may do it.
    ///
    /// # Errors
    /// Never: the database being away is waited out.
    pub async fn keep_for(
        self,
        age: Duration,
        every: Duration,
        shutdown: Shutdown,
    ) -> Result<(), Infallible> {
        loop {
            match self.expire(age).await {
                Ok(0) => {}
                Ok(records) => {
                    metrics::counter!("oz_bus_expired_total").increment(records);
                    tracing::info!(records, "the log forgot what is old and read by all");
                }
                Err(error) => tracing::warn!(%error, "the log forgot nothing"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(every) => {}
            }
        }
    }
}
