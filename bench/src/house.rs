//! A private `oz up` on a temporary data folder, driven through its public doors.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context;
use bench::{cost, http};
use sealing::SecretKey;
use serde_json::Value;
use testkit::{Guarded, Launch};

use crate::look::Look;

/// One installation.
pub struct House {
    folder: PathBuf,
    /// Where the gateway is.
    pub addr: SocketAddr,
    kafka: Option<String>,
    running: Option<Guarded>,
}

/// An organization with the token of its owner.
#[derive(Debug, Clone)]
pub struct Organization {
    /// As the API writes it.
    pub id: String,
    /// `Authorization`.
    pub bearer: String,
}

/// A connected GitHub.
#[derive(Debug, Clone)]
pub struct Integration {
    /// As the API writes it.
    pub id: String,
    /// Signs its deliveries.
    pub secret: String,
}

impl House {
    /// Chooses a folder and a port; nothing runs yet.
    pub fn new(kafka: Option<String>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("oz-bench-").tempdir()?.keep();
        // PostgreSQL may run as another user and must pass through.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let addr = (Ipv4Addr::LOCALHOST, testkit::free_port()?).into();
        Ok(Self { folder, addr, kafka, running: None })
    }

    /// Starts it and returns how long it took until it was ready.
    pub fn start(&mut self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let argv = vec![program()?.display().to_string(), "up".to_owned()];
        let mut env = self.environment();
        env.push(("OZ__HTTP__REQUESTS_PER_MINUTE".to_owned(), "100000000".to_owned()));
        env.push(("OZ_LOG".to_owned(), "warn".to_owned()));
        let oz = Guarded::start(Launch { argv, folder: &self.folder, signal: "TERM", user: None, env })?;
        oz.wait_ready(Duration::from_secs(120), || self.is_ready())?;
        self.running = Some(oz);
        Ok(begun.elapsed())
    }

    fn is_ready(&self) -> bool {
        let ask = http::request("GET", "/readyz", &[], b"");
        let answer = http::Connection::open(self.addr).and_then(|mut connection| connection.send(&ask));
        answer.is_ok_and(|answer| answer.status == 200)
    }

    /// Stops it; its data stays.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.running.take().map_or(Ok(()), Guarded::let_go)
    }

    /// The process that is Oz.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.running.as_ref().map(Guarded::pid).context("Oz does not run")
    }

    /// CPU time of Oz and its private servers so far.
    pub fn cpu(&self) -> anyhow::Result<cost::Cpu> {
        cost::cpu(self.pid()?)
    }

    /// What the binary's commands are told by their environment.
    fn environment(&self) -> Vec<(String, String)> {
        let mut told = vec![
            ("OZ_DATA".to_owned(), self.folder.join("data").display().to_string()),
            ("OZ_HTTP_ADDR".to_owned(), self.addr.to_string()),
            ("OZ_URL".to_owned(), format!("http://{}", self.addr)),
        ];
        told.extend(self.kafka.clone().map(|brokers| ("OZ_KAFKA".to_owned(), brokers)));
        told
    }

    /// Makes an organization as an operator does.
    pub fn organization(&self, name: &str) -> anyhow::Result<Organization> {
        let email = format!("owner@{}.example", name.to_lowercase());
        let mut command = Command::new(program()?);
        command.envs(self.environment());
        let made = command.args(["bootstrap", "--org", name, "--email", &email, "--json"]).output()?;
        anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout)?;
        let text =
            |field: &str| made[field].as_str().map(str::to_owned).context("bootstrap tells no such field");
        Ok(Organization { id: text("org_id")?, bearer: format!("Bearer {}", text("token")?) })
    }

    /// One request to the gateway on a connection of its own.
    pub fn call(
        &self,
        org: &Organization,
        method: &str,
        target: &str,
        body: &Value,
    ) -> anyhow::Result<http::Answer> {
        let headers = [("Authorization", org.bearer.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = http::request(method, target, &headers, body.as_bytes());
        Ok(http::Connection::open(self.addr)?.send(&request)?)
    }

    /// Connects GitHub and shares one repository with everybody.
    pub fn github(&self, org: &Organization, repository: &str) -> anyhow::Result<Integration> {
        let ask = serde_json::json!({"provider": "github", "name": "GitHub"});
        let made = self.call(org, "POST", "/api/v1/integrations", &ask)?.json(201)?;
        let text = |field: &str| made[field].as_str().map(str::to_owned).context("no such field");
        let made = Integration { id: text("id")?, secret: text("secret")? };
        let shared = serde_json::json!({"sources": [{"key": repository, "visibility": "org"}]});
        self.call(org, "PUT", &format!("/api/v1/integrations/{}/sources", made.id), &shared)?.json(200)?;
        Ok(made)
    }

    /// Imports a mailbox as a member would.
    pub fn import(&self, org: &Organization, mailbox: &Path) -> anyhow::Result<Value> {
        let token = org.bearer.trim_start_matches("Bearer ");
        let mut command = Command::new(program()?);
        command.envs(self.environment());
        command
            .args(["import", "mbox"])
            .arg(mailbox)
            .args(["--scope", "team mail", "--json"])
            .env("OZ_TOKEN", token);
        let done = command.output()?;
        anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Ok(serde_json::from_slice(&done.stdout)?)
    }

    /// Ingestion's own door for deliveries.
    pub fn hooks(&self) -> anyhow::Result<SocketAddr> {
        let configuration = self.configuration()?;
        let addr = configuration.get("http").and_then(|http| http.get("hooks_addr"));
        Ok(addr.and_then(toml::Value::as_str).context("oz.toml names no hooks_addr")?.parse()?)
    }

    /// The address of a database as the role that serves.
    pub fn database(&self, service: &str) -> anyhow::Result<String> {
        let configuration = self.configuration()?;
        let url =
            configuration.get("database").and_then(|all| all.get(service)).and_then(|one| one.get("url"));
        Ok(url.and_then(toml::Value::as_str).context("oz.toml names no such database")?.to_owned())
    }

    /// The address of a database as the cluster's administrator, for limits and for looking whether work is left.
    pub fn administered(&self, database: &str) -> anyhow::Result<String> {
        let master = fs::read_to_string(self.folder.join("data/master.key"))?;
        let master = data_encoding::HEXLOWER.decode(master.trim().as_bytes())?;
        let master = SecretKey::from_slice(&master).context("master.key has another length")?;
        let password = data_encoding::HEXLOWER.encode(master.derive("postgres admin").expose());
        let serving = self.database("feed")?;
        let (_, place) = serving.split_once('@').context("no address")?;
        Ok(format!(
            "postgres://oz_admin:{password}@{}",
            place.replacen("/oz_feed?", &format!("/{database}?"), 1)
        ))
    }

    fn configuration(&self) -> anyhow::Result<toml::Table> {
        Ok(fs::read_to_string(self.folder.join("data/oz.toml"))?.parse()?)
    }

    /// Watches the work that is left.
    pub fn look(&self) -> anyhow::Result<Look> {
        Look::new(self)
    }

    /// Where files of the run may lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _stopped = self.stop();
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// A program of the same build.
pub fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().context("no folder")?.join(name);
    anyhow::ensure!(path.exists(), "there is no {}: `make bench` builds it", path.display());
    Ok(path)
}

fn program() -> anyhow::Result<PathBuf> {
    match std::env::var_os("OZ_BIN") {
        Some(named) => Ok(PathBuf::from(named)),
        None => sibling("oz"),
    }
}
