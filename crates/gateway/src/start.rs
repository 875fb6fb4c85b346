//! Options in, a running gateway out.

use std::{net::SocketAddr, time::Duration};

use axum::serve::ListenerExt;
use clock::Entropy;
use kv::{RateLimiter, Redis, Replays};
use lifecycle::Supervisor;
use tokio::net::TcpListener;

use crate::{
    app::{App, Parts},
    auth::Authority,
    docs,
    readiness::{Admin, Check, Readiness, serve_admin},
    routes::{self, hooks::HookDoor},
    services::{self, Services},
};

/// What the gateway needs.
#[derive(Debug)]
pub struct Options {
    /// Where people and programs come in.
    pub listener: TcpListener,
    /// The address they use, `https://oz.example`.
    pub public_url: String,
    /// The five services.
    pub services: Services,
    /// The gateway's own credential, by which identity answers sign-in calls.
    pub credential: rpc::AsService,
    /// Ingestion's hook door, `http://host:port`.
    pub hooks_url: String,
    /// Redis, `redis://…` or `redis+unix:///…`.
    pub redis_url: String,
    /// The address for operators, where this process has no other.
    pub admin: Option<Admin>,
    /// Dependencies that `/readyz` names beside Redis and the five services.
    pub checks: Vec<Check>,
    /// Time and randomness.
    pub entropy: Entropy,
    /// Requests a credential may make in a minute.
    pub requests_per_minute: u32,
    /// How long an upload may pause. Every other body has to arrive within its route's limit of time.
    pub longest_pause: Duration,
}

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `redis_url` is no address.
    #[error("the address of redis is not understood")]
    Redis(#[source] kv::Away),
    /// The OpenAPI document cannot be written.
    #[error("the documentation cannot be written")]
    Docs(#[from] serde_json::Error),
}

/// Serves until the supervisor shuts down. Streams end with it, other requests are finished.
///
/// # Errors
/// When an option is not understood. Dependencies that are away are no error: `/readyz` tells.
pub async fn start(options: Options, supervisor: &mut Supervisor) -> Result<(), StartError> {
    let redis = Redis::lazy(&options.redis_url).map_err(StartError::Redis)?;
    let shutdown = supervisor.shutdown();
    let readiness = Readiness::new(checks(&options, &redis), shutdown.clone());
    if let Some(admin) = options.admin {
        serve_admin(admin, readiness.clone(), supervisor);
    }
    let routes = routes::all();
    let document = serde_json::to_value(routes.document())?;
    let authority = Authority::new(
        options.services.identity.clone(),
        options.credential,
        options.entropy.clock().clone(),
    );
    let app = App::new(Parts {
        authority,
        services: options.services,
        limiter: RateLimiter::new(redis.clone()),
        replays: Replays::new(redis, options.entropy.clone()),
        requests_per_minute: options.requests_per_minute,
        longest_pause: options.longest_pause,
        hook_door: HookDoor::new(&options.hooks_url),
        readiness,
        entropy: options.entropy,
        shutdown: shutdown.clone(),
        public_url: options.public_url.trim_end_matches('/').to_owned(),
        openapi: document.to_string().into(),
        docs: docs::html(&document).into(),
    });
    let service = routes.router(&app).into_make_service_with_connect_info::<SocketAddr>();
    // Small answers and events go out at once; a socket that does not take the option serves all the same.
    let listener = options.listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    supervisor.spawn("gateway", async move {
        axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned()).await
    });
    Ok(())
}

fn checks(options: &Options, redis: &Redis) -> Vec<Check> {
    let redis = redis.clone();
    let mut checks = vec![Check::new("redis", move || {
        let redis = redis.clone();
        async move { redis.ping().await.is_ok() }
    })];
    checks.extend(
        options
            .services
            .by_name()
            .into_iter()
            .map(|(name, channel)| Check::new(name, move || services::answers(channel.clone()))),
    );
    checks.extend(options.checks.iter().cloned());
    checks
}

/// The OpenAPI document of this build: the list of all routes with what each needs.
///
/// # Errors
/// When it cannot be written.
pub fn openapi() -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(routes::all().document())
}
