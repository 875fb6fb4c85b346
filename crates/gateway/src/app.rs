//! What every handler can reach.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use clock::Entropy;
use kv::{RateLimiter, Replays};
use lifecycle::Shutdown;

use crate::{auth::Authority, readiness::Readiness, routes::hooks::HookDoor, services::Services};

/// Shared by all requests; a clone is a pointer.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub services: Services,
    pub authority: Authority,
    pub limiter: RateLimiter,
    pub replays: Replays,
    pub requests_per_minute: u32,
    pub longest_pause: Duration,
    pub hook_door: HookDoor,
    pub readiness: Readiness,
    pub entropy: Entropy,
    pub shutdown: Shutdown,
    /// Without a slash at its end.
    pub public_url: String,
    /// The OpenAPI document.
    pub openapi: Bytes,
    /// The same for people.
    pub docs: Bytes,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Whether people reach this over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
