//! Which services this process runs, and what each is given.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use access::{TicketKey, VerifyingKeys};
use anyhow::Context;
use bus::Bus;
use clock::{Clock, Entropy};
use gateway::{Admin, Check, Readiness};
use identity::KeyEncryptionKey;
use keyring::Keyring;
use lifecycle::{Shutdown, Supervisor};
use outbox::Pruner;
use pg::{QueuePool, TenantPool};
use rpc::{AsService, Authenticate, ServiceSecret, ServiceSecrets, Verifier};
use sealing::SecretKey;
use settings::{BusKind, Secrets, Settings, SettingsError};
use telemetry::PrometheusHandle;
use tokio::net::TcpListener;

use crate::{args::Service, migrate};

/// Connections of a queue role: the relay, the workers' claims, one to spare.
const QUEUE_CONNECTIONS: u32 = 6;
/// How long an upload to the gateway may pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the lag of the consumers is measured.
const LAG_EVERY: Duration = Duration::from_secs(15);

/// How often the embedded log looks for what is old.
const EXPIRE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Bound ports.
#[derive(Default)]
pub struct Listeners {
    pub rpc: BTreeMap<&'static str, TcpListener>,
    pub hooks: Option<TcpListener>,
    pub gateway: Option<TcpListener>,
}

/// What the services of one process share.
struct Shared<'a> {
    settings: &'a Settings,
    entropy: Entropy,
    ticket_key: TicketKey,
    bus: Option<Arc<dyn Bus>>,
}

/// One service's database.
struct Stores {
    pool: TenantPool,
    queue: QueuePool,
}

/// Starts services on the supervisor; the checks say whether what they need is there.
pub async fn start(
    settings: &Settings,
    services: &[Service],
    mut listeners: Listeners,
    supervisor: &mut Supervisor,
) -> anyhow::Result<Vec<Check>> {
    let ticket_key = TicketKey::new(&Secrets::key32(&settings.secrets.ticket_key, "secrets.ticket_key")?);
    let needs_bus = services.iter().any(|service| *service != Service::Gateway);
    let bus = match settings.bus.kind {
        _ if !needs_bus => None,
        BusKind::Kafka => Some(migrate::open_bus(settings).await?),
        BusKind::Embedded => {
            let log = migrate::open_log(settings).await?;
            let keep = log.clone().keep_for(bus::RETENTION, EXPIRE_EVERY, supervisor.shutdown());
            supervisor.spawn("bus retention", keep);
            Some(Arc::new(log) as Arc<dyn Bus>)
        }
    };
    let shared = Shared { settings, entropy: Entropy::new(Clock::system()), ticket_key, bus };
    let mut checks = Vec::new();
    if let Some(bus) = shared.bus.clone() {
        let asked = bus.clone();
        checks.push(Check::new("bus", move || {
            let bus = asked.clone();
            async move { bus.health().await.is_ok() }
        }));
        let groups = services.iter().filter(|s| **s != Service::Gateway).map(|s| s.name()).collect();
        supervisor.spawn("lag", measure_lag(bus, groups, supervisor.shutdown()));
    }
    // Identity first: the others ask it for keys.
    for service in services {
        match service {
            Service::Gateway | Service::All => {}
            other => checks.push(shared.service(*other, &mut listeners, supervisor).await?),
        }
    }
    if services.contains(&Service::Gateway) {
        shared.gateway(&mut listeners, checks.clone(), supervisor).await?;
    }
    Ok(checks)
}

/// Serves the admin address of the process.
pub fn admin(
    listener: TcpListener,
    checks: Vec<Check>,
    metrics: PrometheusHandle,
    supervisor: &mut Supervisor,
) {
    let readiness = Readiness::new(checks, supervisor.shutdown());
    let metrics = Arc::new(move || metrics.render());
    gateway::serve_admin(Admin { listener, metrics }, readiness, supervisor);
}

impl Shared<'_> {
    async fn service(
        &self,
        service: Service,
        listeners: &mut Listeners,
        supervisor: &mut Supervisor,
    ) -> anyhow::Result<Check> {
        let name = service.name();
        let listener =
            listeners.rpc.remove(name).with_context(|| format!("{name} has no address to listen on"))?;
        let Stores { pool, queue } = self.stores(name)?;
        let check = database_check(service, pool.clone());
        let pruner = Pruner::new(queue.clone(), self.entropy.clock().clone());
        supervisor.spawn("ids of old events", pruner.run(supervisor.shutdown()));
        let (bus, ticket_key, entropy) = (self.bus()?, self.ticket_key.clone(), self.entropy.clone());
        if service == Service::Identity {
            let secret = &self.settings.secrets.key_encryption_key;
            let kek = SecretKey::new(Secrets::key32(secret, "secrets.key_encryption_key")?);
            let key_encryption_key = KeyEncryptionKey::new(kek).context("secrets.key_encryption_key")?;
            let secrets = self.all_secrets();
            let options = identity::Options {
                pool,
                queue,
                bus,
                key_encryption_key,
                ticket_key,
                entropy,
                secrets,
                listener,
            };
            identity::start(options, supervisor).await?;
            return Ok(check);
        }
        let authenticate = self.authenticate(service, supervisor)?;
        match service {
            Service::Ingestion => {
                let keyring = self.keyring(name)?;
                let hooks = listeners.hooks.take().context("the hook door has no address to listen on")?;
                ingestion::start(
                    ingestion::Options {
                        pool,
                        queue,
                        bus,
                        keyring,
                        ticket_key,
                        entropy,
                        authenticate,
                        rpc: listener,
                        hooks,
                        patience: ingestion::Patience::default(),
                    },
                    supervisor,
                );
            }
            Service::Task => {
                let keyring = self.keyring(name)?;
                task::start(
                    task::Options { listener, pool, queue, bus, keyring, ticket_key, entropy, authenticate },
                    supervisor,
                );
            }
            Service::Feed => {
                let keyring = self.keyring(name)?;
                feed::start(
                    feed::Options { pool, queue, bus, keyring, ticket_key, entropy, authenticate, listener },
                    supervisor,
                )
                .await?;
            }
            Service::Aggregation => {
                aggregation::start(
                    aggregation::Options { pool, queue, bus, ticket_key, entropy, authenticate, listener },
                    supervisor,
                )
                .await?;
            }
            Service::Identity | Service::Gateway | Service::All => {}
        }
        Ok(check)
    }

    async fn gateway(
        &self,
        listeners: &mut Listeners,
        checks: Vec<Check>,
        supervisor: &mut Supervisor,
    ) -> anyhow::Result<()> {
        let channel = |name: &str| {
            rpc::channel(&self.settings.rpc.url_of(name)).with_context(|| format!("rpc.url.{name}"))
        };
        let http = &self.settings.http;
        let options = gateway::Options {
            listener: listeners.gateway.take().context("the gateway has no address to listen on")?,
            public_url: http.public_url(),
            services: gateway::Services {
                identity: channel("identity")?,
                ingestion: channel("ingestion")?,
                task: channel("task")?,
                feed: channel("feed")?,
                aggregation: channel("aggregation")?,
            },
            credential: self.credential("gateway")?,
            hooks_url: http.hooks_url(),
            redis_url: self.settings.redis.url.expose().to_owned(),
            admin: None,
            checks,
            entropy: self.entropy.clone(),
            requests_per_minute: http.requests_per_minute,
            longest_pause: LONGEST_PAUSE,
        };
        Ok(gateway::start(options, supervisor).await?)
    }

    fn bus(&self) -> anyhow::Result<Arc<dyn Bus>> {
        self.bus.clone().context("this process has no bus")
    }

    fn stores(&self, name: &str) -> anyhow::Result<Stores> {
        let missing = |field: &str| {
            SettingsError::field(format!("database.{name}.{field}"), "expected a connection, postgres://…")
        };
        let database = self.settings.database.get(name).ok_or_else(|| missing("url"))?;
        let url = Some(&database.url).filter(|url| !url.is_empty()).ok_or_else(|| missing("url"))?;
        let queue =
            Some(&database.queue_url).filter(|url| !url.is_empty()).ok_or_else(|| missing("queue_url"))?;
        Ok(Stores {
            pool: TenantPool::connect(url.expose(), database.max_connections)?,
            queue: QueuePool::connect(queue.expose(), QUEUE_CONNECTIONS)?,
        })
    }

    fn secret(&self, name: &str) -> Result<ServiceSecret, SettingsError> {
        let secret = self.settings.secrets.service.get(name).filter(|secret| !secret.is_empty());
        let secret = secret
            .ok_or_else(|| SettingsError::field(format!("secrets.service.{name}"), "expected a secret"))?;
        Ok(ServiceSecret::new(secret.expose()))
    }

    fn all_secrets(&self) -> ServiceSecrets {
        let secrets: Vec<_> = self
            .settings
            .secrets
            .service
            .keys()
            .filter_map(|name| Some((name, self.secret(name).ok()?)))
            .collect();
        ServiceSecrets::new(secrets.iter().map(|(name, secret)| (name.as_str(), secret)))
    }

    fn credential(&self, name: &str) -> anyhow::Result<AsService> {
        let secret = self.secret(name)?;
        AsService::new(name, &secret)
            .with_context(|| format!("secrets.service.{name}: expected visible characters"))
    }

    fn keyring(&self, name: &str) -> anyhow::Result<Keyring> {
        let channel = rpc::channel(&self.settings.rpc.url_of("identity"))?;
        Ok(Keyring::of_identity(channel, self.credential(name)?, self.entropy.clone()))
    }

    /// Believes the callers that identity vouches for, whose keys are kept up to date.
    fn authenticate(&self, service: Service, supervisor: &mut Supervisor) -> anyhow::Result<Authenticate> {
        let name = service.name();
        let verifier = Verifier::new(VerifyingKeys::new(name, []));
        let channel = rpc::channel(&self.settings.rpc.url_of("identity"))?;
        let refresh = rpc::keys::refresh(
            verifier.clone(),
            channel,
            self.credential(name)?,
            name,
            supervisor.shutdown(),
        );
        supervisor.spawn("verifying keys", refresh);
        // No service calls another for itself but identity, so nobody else needs to be believed.
        Ok(Authenticate::new(verifier, ServiceSecrets::default(), self.entropy.clock().clone()))
    }
}

fn database_check(service: Service, pool: TenantPool) -> Check {
    let name = match service {
        Service::Identity => "identity database",
        Service::Ingestion => "ingestion database",
        Service::Task => "task database",
        Service::Feed => "feed database",
        Service::Aggregation => "aggregation database",
        Service::Gateway | Service::All => "database",
    };
    Check::new(name, move || {
        let pool = pool.clone();
        async move { pool.ping().await.is_ok() }
    })
}

/// Keeps the lag gauges of this process's consumers up to date.
async fn measure_lag(
    bus: Arc<dyn Bus>,
    groups: Vec<&'static str>,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(LAG_EVERY) => {}
        }
        for group in &groups {
            if let Err(error) = bus.lag(group).await {
                tracing::warn!(%error, group, "lag is unknown right now");
            }
        }
    }
}
