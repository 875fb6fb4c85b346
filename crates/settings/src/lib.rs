//! The configuration: documented, validated before any port is bound.
//!
//! `oz.toml`, then `OZ__SECTION__FIELD` variables. An unknown field is an error that names it. Secrets print as `…`.

mod read;
mod secret;

use std::{collections::BTreeMap, net::SocketAddr};

pub use read::{SettingsError, load, parse};
use schemars::JsonSchema;
pub use secret::Secret;
use serde::{Deserialize, Serialize};

/// Everything Oz needs to know about where it runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP edge.
    #[serde(default)]
    pub http: Http,
    /// Where the services listen and find each other.
    #[serde(default)]
    pub rpc: Rpc,
    /// One database per service.
    #[serde(default)]
    pub database: BTreeMap<String, Database>,
    /// Redis, for rate limits and replayed answers.
    #[serde(default)]
    pub redis: Redis,
    /// The event bus.
    #[serde(default)]
    pub bus: Bus,
    /// Keys of the installation.
    #[serde(default)]
    pub secrets: Secrets,
    /// Logging.
    #[serde(default)]
    pub log: Log,
}

/// The HTTP edge.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where the gateway listens.
    pub addr: SocketAddr,
    /// Address that people and providers use, without a trailing slash; `http://<addr>` when empty.
    pub public_url: String,
    /// Where health, readiness and metrics are served. The gateway serves health and readiness on `addr` too.
    pub admin_addr: SocketAddr,
    /// Where ingestion's hook door listens; the gateway passes `/hooks/…` on to it.
    pub hooks_addr: SocketAddr,
    /// Where the gateway finds the hook door; `http://<hooks_addr>` when empty.
    pub hooks_url: String,
    /// Requests a credential may make in a minute.
    pub requests_per_minute: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            addr: ([127, 0, 0, 1], 8080).into(),
            public_url: String::new(),
            admin_addr: ([127, 0, 0, 1], 9090).into(),
            hooks_addr: ([127, 0, 0, 1], 8081).into(),
            hooks_url: String::new(),
            requests_per_minute: 6000,
        }
    }
}

impl Http {
    /// Address that people and providers use.
    #[must_use]
    pub fn public_url(&self) -> String {
        if self.public_url.is_empty() { format!("http://{}", self.addr) } else { self.public_url.clone() }
    }

    /// Where the gateway finds the hook door.
    #[must_use]
    pub fn hooks_url(&self) -> String {
        if self.hooks_url.is_empty() { format!("http://{}", self.hooks_addr) } else { self.hooks_url.clone() }
    }
}

/// Where the services listen and find each other.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rpc {
    /// Listening address by service.
    pub listen: BTreeMap<String, SocketAddr>,
    /// Address by which others find a service; `http://<listen>` when absent.
    pub url: BTreeMap<String, String>,
}

impl Default for Rpc {
    fn default() -> Self {
        let listen = SERVICES
            .iter()
            .zip(7101..)
            .map(|(name, port)| ((*name).to_owned(), ([127, 0, 0, 1], port).into()));
        Self { listen: listen.collect(), url: BTreeMap::new() }
    }
}

/// The services with a gRPC contract, in the order of their default ports from 7101 on.
pub const SERVICES: [&str; 5] = ["identity", "ingestion", "task", "feed", "aggregation"];

impl Rpc {
    /// Where to find a service.
    #[must_use]
    pub fn url_of(&self, service: &str) -> String {
        let listen = || self.listen.get(service).map(|addr| format!("http://{addr}"));
        self.url.get(service).cloned().or_else(listen).unwrap_or_default()
    }
}

/// The database of one service (`identity`, `ingestion`, `task`, `feed`, `aggregation`) or of the embedded bus (`bus`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Connection of the serving role, `postgres://…`.
    pub url: Secret,
    /// Connection of the queue role.
    #[serde(default)]
    pub queue_url: Secret,
    /// Connection of the owner role; only `oz migrate` uses it.
    #[serde(default)]
    pub owner_url: Secret,
    /// Most connections one process opens with the serving role.
    #[serde(default = "Database::default_connections")]
    pub max_connections: u32,
}

impl Database {
    const fn default_connections() -> u32 {
        10
    }
}

/// Redis.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Redis {
    /// `redis://…` or `redis+unix:///…`.
    pub url: Secret,
}

/// Which bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BusKind {
    /// A log in PostgreSQL: one machine.
    #[default]
    Embedded,
    /// Apache Kafka: more than one machine.
    Kafka,
}

/// The event bus.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bus {
    /// Which one.
    pub kind: BusKind,
    /// Kafka's bootstrap servers, `host:port,host:port`. The embedded log is `database.bus`.
    pub brokers: String,
}

/// Keys of the installation, each 64 hexadecimal digits unless said otherwise. `openssl rand -hex 32` makes one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// Wraps the organizations' data keys. Only identity needs it. Whoever loses it loses all content.
    pub key_encryption_key: Secret,
    /// Signs events and queued work. All services need it.
    pub ticket_key: Secret,
    /// Each service's own secret, by service name (`gateway` and `operator` too), any text.
    pub service: BTreeMap<String, Secret>,
}

impl Secrets {
    /// A key of 32 bytes from its hexadecimal form.
    ///
    /// # Errors
    /// When it is not 64 hexadecimal digits; the error names `field`.
    pub fn key32(secret: &Secret, field: &'static str) -> Result<[u8; 32], SettingsError> {
        let text = secret.expose();
        let mut out = [0; 32];
        let fits = text.len() == 64 && text.is_ascii();
        if !fits {
            return Err(SettingsError::field(field, "expected 64 hexadecimal digits"));
        }
        for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            *byte = u8::from_str_radix(pair, 16)
                .map_err(|_| SettingsError::field(field, "expected 64 hexadecimal digits"))?;
        }
        Ok(out)
    }
}

/// Logging.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Filter, `info` or `info,sqlx=warn`.
    pub filter: String,
    /// JSON lines (true) or short text (false).
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), json: true }
    }
}

/// The JSON Schema of the configuration.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Settings).to_value()
}
