//! `oz serve`: one or more services in this process.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Context;
use lifecycle::Supervisor;
use settings::Settings;
use tokio::net::TcpListener;

use crate::{
    args::{Config, Serve, Service},
    compose::{self, Listeners},
    configuration,
};

/// How long a stopping process waits for what is under way.
const GRACE: Duration = Duration::from_secs(4);

pub async fn run(config: &Config, serve: &Serve) -> anyhow::Result<ExitCode> {
    let settings = configuration::load(config)?;
    let services = expand(&serve.services);
    let format = if settings.log.json { telemetry::LogFormat::Json } else { telemetry::LogFormat::Text };
    let metrics = telemetry::start(&settings.log.filter, format)?;
    let listeners = bind(&settings, &services).await?;
    let admin = listen(settings.http.admin_addr, "http.admin_addr").await?;
    let mut supervisor = Supervisor::new();
    let checks = compose::start(&settings, &services, listeners, &mut supervisor).await?;
    compose::admin(admin, checks, metrics, &mut supervisor);
    let stop = async {
        if lifecycle::stop_signal().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    supervisor.run(stop, GRACE).await?;
    Ok(ExitCode::SUCCESS)
}

/// Each service once, in the order in which they start.
pub fn expand(asked: &[Service]) -> Vec<Service> {
    let all = asked.contains(&Service::All);
    Service::EACH.into_iter().filter(|service| all || asked.contains(service)).collect()
}

/// Binds every port before anything is started.
async fn bind(settings: &Settings, services: &[Service]) -> anyhow::Result<Listeners> {
    let mut listeners = Listeners::default();
    for service in services {
        match service {
            Service::Gateway => listeners.gateway = Some(listen(settings.http.addr, "http.addr").await?),
            Service::All => {}
            other => {
                let field = format!("rpc.listen.{}", other.name());
                let addr = settings.rpc.listen.get(other.name()).copied();
                let addr = addr.ok_or_else(|| {
                    settings::SettingsError::field(&field, "expected an address to listen on")
                })?;
                listeners.rpc.insert(other.name(), listen(addr, &field).await?);
            }
        }
        if *service == Service::Ingestion {
            listeners.hooks = Some(listen(settings.http.hooks_addr, "http.hooks_addr").await?);
        }
    }
    Ok(listeners)
}

/// Binds an address; the error names the field and the address.
pub async fn listen(addr: SocketAddr, field: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.with_context(|| format!("{field}: cannot listen on {addr}"))
}
