//! `oz up`: everything on this machine.
//!
//! A data folder of Oz's own, a private PostgreSQL and Redis behind Unix sockets in it, the embedded log (or a Kafka that is
//! named), all services in this process, and the gateway. What the other commands need to know is written to `oz.toml` in the
//! folder, for its owner's eyes only.

mod cache;
mod folder;
mod installation;
mod postgres;
mod server;

pub use postgres::programs as postgres_programs;

use std::{net::TcpListener as StdListener, process::ExitCode, time::Duration};

use anyhow::Context;
use folder::Folder;
use installation::Installation;
use lifecycle::Supervisor;
use settings::Settings;
use tokio::net::TcpListener;

use crate::{
    args::{Service, Up},
    bootstrap,
    compose::{self, Listeners},
    migrate,
    terminal::say,
};

/// Soft stop of the services; with the servers after them the whole stop stays below 5 seconds.
const GRACE: Duration = Duration::from_secs(2);
/// The first organization's name and its owner's address, on a machine where nobody has made one yet.
const FIRST: (&str, &str) = ("My organization", "owner@localhost.localdomain");

pub fn run(up: &Up) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(&up.data)?;
    // Bound first: a port that is taken is known before anything is started.
    let gateway = bind(up.http).with_context(|| {
        format!(
            "cannot listen on {}; is something else there? OZ_HTTP_ADDR=127.0.0.1:0 chooses another",
            up.http
        )
    })?;
    let ports = Ports::bind()?;
    let installation = Installation::open(&folder)?;
    let postgres = postgres::start(&folder, &installation)?;
    let cache = cache::start(&folder)?;
    let file = installation.configuration(&folder, up, gateway.local_addr()?, &ports)?;
    let settings = settings::parse(&file, std::env::vars())?;
    let filter = std::env::var("OZ_LOG").unwrap_or_else(|_| "info".to_owned());
    let metrics = telemetry::start(&filter, telemetry::LogFormat::Json)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(&settings, &folder, &installation, gateway, ports, metrics));
    runtime.shutdown_timeout(Duration::from_millis(200));
    cache.stop();
    postgres.stop();
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    settings: &Settings,
    folder: &Folder,
    installation: &Installation,
    gateway: StdListener,
    ports: Ports,
    metrics: telemetry::PrometheusHandle,
) -> anyhow::Result<()> {
    let stop = lifecycle::stop_signal();
    installation.provision(folder).await?;
    migrate::all(settings).await?;
    let mut supervisor = Supervisor::new();
    for database in settings.database.values() {
        let owner = database.owner_url.expose().to_owned();
        supervisor.spawn("first statistics", pg::gather_first(owner, supervisor.shutdown()));
    }
    let (listeners, admin) = ports.listeners(gateway)?;
    let checks = compose::start(settings, &Service::EACH, listeners, &mut supervisor).await?;
    compose::admin(admin, checks, metrics, &mut supervisor);
    let greeted = async {
        match greet(settings, folder).await {
            Ok(()) => {}
            Err(error) => tracing::error!(error = format!("{error:#}"), "no sign-in link was made"),
        }
        std::future::pending::<()>().await;
    };
    let stop = async {
        tokio::select! { _ = stop => {}, () = greeted => {} }
        say("stopping");
    };
    supervisor.run(stop, GRACE).await?;
    Ok(())
}

/// Prints the address and a one-time sign-in link for the owner of this installation's first organization.
async fn greet(settings: &Settings, folder: &Folder) -> anyhow::Result<()> {
    let known = folder.first_organization();
    let link = match known {
        Some(org) => bootstrap::owner_link(settings, &org).await?,
        None => None,
    };
    let link = match link {
        Some(link) => link,
        None => {
            let made = bootstrap::organization(settings, FIRST.0, FIRST.1, "Owner").await?;
            folder.keep_first_organization(&made.org_id)?;
            bootstrap::link(settings, &made.link_token)
        }
    };
    say(&format!("Oz is at        {}", settings.http.public_url()));
    say(&format!("sign in once    {link}"));
    say(&format!("data            {}", folder.path().display()));
    say("make another    oz bootstrap --org NAME --email ADDR");
    say("stop            Ctrl-C");
    Ok(())
}

/// Ports of the inner parts, held from the beginning.
pub struct Ports {
    rpc: [(&'static str, StdListener); 5],
    hooks: StdListener,
    admin: StdListener,
}

impl Ports {
    fn bind() -> anyhow::Result<Self> {
        let free = || bind(([127, 0, 0, 1], 0).into()).context("no free port on the loopback");
        let [a, b, c, d, e] = settings::SERVICES;
        let rpc = [(a, free()?), (b, free()?), (c, free()?), (d, free()?), (e, free()?)];
        Ok(Self { rpc, hooks: free()?, admin: free()? })
    }

    fn listeners(self, gateway: StdListener) -> anyhow::Result<(Listeners, TcpListener)> {
        let rpc = self.rpc.into_iter().map(|(name, listener)| Ok((name, TcpListener::from_std(listener)?)));
        let listeners = Listeners {
            rpc: rpc.collect::<std::io::Result<_>>()?,
            hooks: Some(TcpListener::from_std(self.hooks)?),
            gateway: Some(TcpListener::from_std(gateway)?),
        };
        Ok((listeners, TcpListener::from_std(self.admin)?))
    }
}

fn bind(addr: std::net::SocketAddr) -> std::io::Result<StdListener> {
    let listener = StdListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
