//! What belongs to this installation alone: one secret, from which all others follow, and the configuration made of it.

use std::{fmt::Write, net::SocketAddr};

use anyhow::Context;
use clock::{Clock, Entropy};
use pg::{Database, Passwords};
use sealing::SecretKey;

use super::{Ports, cache, folder::Folder, postgres};
use crate::args::Up;

/// The file that must be kept: without it, nothing in the data folder can be read.
const MASTER: &str = "master.key";
/// Names that have a credential of their own between services.
const CREDENTIALS: [&str; 7] =
    ["identity", "ingestion", "task", "feed", "aggregation", "gateway", "operator"];

/// The installation.
pub struct Installation {
    master: SecretKey,
}

impl Installation {
    /// Reads the installation's secret, or makes it.
    pub fn open(folder: &Folder) -> anyhow::Result<Self> {
        let text = match folder.read_secret(MASTER)? {
            Some(text) => text,
            None => {
                if folder.path().join("postgres").exists() {
                    anyhow::bail!(
                        "{MASTER} is missing from {}: what is in there cannot be read without it",
                        folder.path().display()
                    );
                }
                let fresh = SecretKey::random(&Entropy::new(Clock::system()))?;
                let text = hex(fresh.expose());
                folder.write_secret(MASTER, &text)?;
                text
            }
        };
        let bytes = settings::Secrets::key32(&settings::Secret::new(text.trim()), MASTER)?;
        Ok(Self { master: SecretKey::new(bytes) })
    }

    /// Password of the database's administrator.
    pub fn admin_password(&self) -> String {
        self.derived("postgres admin")
    }

    /// Makes roles and databases that are missing.
    pub async fn provision(&self, folder: &Folder) -> anyhow::Result<()> {
        let stamp = folder.path().join("postgres").join("provisioned");
        let version = env!("CARGO_PKG_VERSION");
        if std::fs::read_to_string(&stamp).is_ok_and(|text| text == version) {
            return Ok(());
        }
        let admin = url(folder, postgres::ADMIN, &self.admin_password(), "postgres");
        for service in settings::SERVICES.into_iter().chain(["bus"]) {
            let name = format!("oz_{service}");
            let passwords = Passwords {
                service: self.password(service, ""),
                queue: self.password(service, "_queue"),
                owner: self.password(service, "_owner"),
            };
            pg::provision(&admin, Database { service, name: &name }, &passwords)
                .await
                .context("making the databases")?;
        }
        std::fs::write(&stamp, version)?;
        Ok(())
    }

    /// The configuration of this start, also written to `oz.toml` for the other commands.
    pub fn configuration(
        &self,
        folder: &Folder,
        up: &Up,
        http: SocketAddr,
        ports: &Ports,
    ) -> anyhow::Result<String> {
        let mut text = String::from("# Written by `oz up` at each start. Holds secrets.\n");
        let (hooks, admin) = (ports.hooks.local_addr()?, ports.admin.local_addr()?);
        writeln!(text, "[http]\naddr = \"{http}\"\nhooks_addr = \"{hooks}\"\nadmin_addr = \"{admin}\"")?;
        writeln!(text, "[rpc.listen]")?;
        for (service, listener) in &ports.rpc {
            writeln!(text, "{service} = \"{}\"", listener.local_addr()?)?;
        }
        for service in settings::SERVICES.into_iter().chain(["bus"]) {
            let address = |suffix: &str| {
                url(
                    folder,
                    &format!("oz_{service}{suffix}"),
                    &self.password(service, suffix),
                    &format!("oz_{service}"),
                )
            };
            // The bus owns its log: it has one role.
            let serving = if service == "bus" { "_owner" } else { "" };
            writeln!(text, "[database.{service}]\nurl = \"{}\"", address(serving))?;
            writeln!(text, "queue_url = \"{}\"\nowner_url = \"{}\"", address("_queue"), address("_owner"))?;
        }
        writeln!(text, "[redis]\nurl = \"redis+unix://{}\"", cache::socket(folder).display())?;
        match &up.kafka {
            Some(brokers) => writeln!(text, "[bus]\nkind = \"kafka\"\nbrokers = {brokers:?}")?,
            None => writeln!(text, "[bus]\nkind = \"embedded\"")?,
        }
        writeln!(text, "[secrets]\nkey_encryption_key = \"{}\"", self.derived("key encryption"))?;
        writeln!(text, "ticket_key = \"{}\"\n[secrets.service]", self.derived("tickets"))?;
        for name in CREDENTIALS {
            writeln!(text, "{name} = \"{}\"", self.derived(&format!("credential of {name}")))?;
        }
        folder.write_secret("oz.toml", &text)?;
        Ok(text)
    }

    fn password(&self, service: &str, suffix: &str) -> String {
        self.derived(&format!("password of oz_{service}{suffix}"))
    }

    fn derived(&self, purpose: &str) -> String {
        hex(self.master.derive(purpose).expose())
    }
}

/// A connection through the private socket.
fn url(folder: &Folder, role: &str, password: &str, database: &str) -> String {
    let sockets = folder.sockets().join("postgres");
    let host: String = url::form_urlencoded::byte_serialize(sockets.as_os_str().as_encoded_bytes()).collect();
    format!("postgres://{role}:{password}@localhost:{}/{database}?host={host}", postgres::PORT)
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
