//! How often somebody may ask: the generic cell rate algorithm, one round trip a decision.
//!
//! One number per key is kept, the "theoretical arrival time" (ITU-T I.371): a request moves it on by one interval, and is
//! refused when that would be more than the whole allowance ahead of now. Allowance comes back evenly, so there is no edge of a
//! window at which twice the rate gets through. Redis's own clock decides, so many gateways agree.

use std::time::Duration;

use redis::Script;
use ring::digest::{Context, SHA256};

use crate::{Away, Redis, hex};

const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval = tonumber(ARGV[1])
local allowance = tonumber(ARGV[2])
local used = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = used + interval
local over = after - now - allowance
if over > 0 then
  return {0, 0, over, used - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1)
return {1, math.floor((allowance - (after - now)) / interval), 0, after - now}
";

/// A rule: `requests` in each `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The rule's name, which callers see.
    pub name: &'static str,
    /// How many requests; 0 is taken as 1.
    pub requests: u32,
    /// In how long.
    pub window: Duration,
}

impl Rate {
    /// So many a minute.
    #[must_use]
    pub const fn per_minute(name: &'static str, requests: u32) -> Self {
        Self { name, requests, window: Duration::from_secs(60) }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may go on.
    pub allowed: bool,
    /// How many more may follow at once.
    pub remaining: u32,
    /// When to try again; zero when allowed.
    pub retry_after: Duration,
    /// When the whole allowance is back.
    pub reset: Duration,
}

/// Counts requests by who makes them.
#[derive(Debug, Clone)]
pub struct RateLimiter {
    redis: Redis,
    script: Script,
}

impl RateLimiter {
    /// Counts in this Redis.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis, script: Script::new(SCRIPT) }
    }

    /// Counts one request of `who`, a credential or an address, of which only a hash leaves this process.
    ///
    /// # Errors
    /// When Redis is away. What that means is for the caller to decide.
    pub async fn take(&self, rate: Rate, who: &[u8]) -> Result<Decision, Away> {
        let allowance = u64::try_from(rate.window.as_micros()).unwrap_or(u64::MAX);
        let interval = (allowance / u64::from(rate.requests.max(1))).max(1);
        let mut invocation = self.script.key(key(rate.name, who));
        invocation.arg(interval).arg(allowance);
        let (allowed, remaining, retry_after_us, reset_us): (u8, u32, f64, f64) =
            invocation.invoke_async(&mut self.redis.connection()).await?;
        Ok(Decision {
            allowed: allowed == 1,
            remaining,
            retry_after: micros(retry_after_us),
            reset: micros(reset_us),
        })
    }
}

fn key(rule: &str, who: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    for part in [b"oz rate v1".as_slice(), rule.as_bytes(), who] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    format!("oz:rate:{}", hex(&context.finish().as_ref()[..16]))
}

fn micros(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1e6).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nothing_of_who_it_counts() {
        let key = key("api", b"oz_secret_token");
        assert!(key.starts_with("oz:rate:") && key.len() == 8 + 32, "{key}");
        assert!(!key.contains("secret"));
    }

    #[test]
    fn rules_count_apart() {
        assert_ne!(key("api", b"a"), key("signin", b"a"));
        assert_ne!(key("ab", b"c"), key("a", b"bc"));
    }
}
