//! Redis: rate limits and replayed answers, never content in the clear.
//!
//! Everything here may be lost without harm to anybody's data. What Redis holds, for the data map:
//!
//! | key | value | kept |
//! |---|---|---|
//! | `oz:rate:<hash>` | one number, the time up to which the allowance is used | until it is full again, at most a minute or so |
//! | `oz:replay:<hash>` | state, keyed fingerprint, sealed answer | 24 h; 2 min while the first request runs |
//!
//! `<hash>` is one-way: of a credential or address and the name of the rule, or of credential and idempotency key together.

mod rate;
mod replay;

use std::time::Duration;

pub use rate::{Decision, Rate, RateLimiter};
use redis::{
    Client, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
pub use replay::{Answer, Claim, ReplayError, Replays, Ticket};

/// Redis did not answer, or not in time.
#[derive(Debug, thiserror::Error)]
#[error("redis is away")]
pub struct Away(#[from] RedisError);

/// A connection that is made when first used and again whenever it broke. Clones share it.
#[derive(Clone)]
pub struct Redis(ConnectionManager);

impl Redis {
    /// Takes an address, `redis://host:port` or `redis+unix:///path`, and connects to nothing yet.
    ///
    /// # Errors
    /// When `url` is no address.
    pub fn lazy(url: &str) -> Result<Self, Away> {
        // Short: a request waits for this, and can go on without it.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_millis(500)))
            .set_response_timeout(Some(Duration::from_millis(250)))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(5))
            .set_max_delay(Duration::from_millis(50));
        Ok(Self(Client::open(url)?.get_connection_manager_lazy(config)?))
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), Away> {
        let () = redis::cmd("PING").query_async(&mut self.connection()).await?;
        Ok(())
    }

    fn connection(&self) -> ConnectionManager {
        self.0.clone()
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
