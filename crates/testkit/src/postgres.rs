//! A private PostgreSQL cluster.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::demand;
use crate::guard::{Guarded, Launch, run};
use crate::machine::{User, free_port, fresh_folder, postgres_programs};

/// The cluster's superuser. Authentication is `trust`: the cluster listens on loopback for a test's lifetime.
pub const SUPERUSER: &str = "oz";

/// How long the sessions of a killed postmaster may take to end.
const ORPHANS: Duration = Duration::from_secs(30);

/// What leaves a cluster with everything that it has committed.
#[derive(Clone, Copy)]
enum Survives {
    PowerCut,
    Kill,
    Nothing,
}

/// A cluster of its own; stopped and removed on drop, or when the test process ends.
pub struct Postgres {
    server: Option<Guarded>,
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    survives: Survives,
    databases: AtomicU32,
}

impl Postgres {
    /// A durable cluster (`fsync` on), for tests that kill it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; the message says which.
    pub fn start() -> Result<Self> {
        Self::surviving(Survives::PowerCut)
    }

    /// A cluster that loses nothing when it is killed, as long as the machine runs; it comes back sooner than a durable one.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn surviving_kills() -> Result<Self> {
        Self::surviving(Survives::Kill)
    }

    /// A cluster that skips `fsync`: everything is the same to a test that does not cut the power.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn fast() -> Result<Self> {
        Self::surviving(Survives::Nothing)
    }

    /// The one fast cluster of this test process; take a [`Postgres::database`] of your own in it.
    ///
    /// # Panics
    /// When PostgreSQL is missing: a test that needs it must not pass without it.
    #[track_caller]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| demand("PostgreSQL", Self::fast()))
    }

    fn surviving(survives: Survives) -> Result<Self> {
        let programs = postgres_programs()?;
        let user = User::to_step_down_to("postgres")?;
        let folder = fresh_folder("oz-pg-", user.as_ref())?;
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.current_dir(&folder).arg("-D").arg(folder.join("data"));
        initdb.args(["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        if let Some(user) = &user {
            use std::os::unix::process::CommandExt;
            initdb.uid(user.uid).gid(user.gid);
        }
        run(&mut initdb)?;
        let mut cluster =
            Self { server: None, programs, folder, port: 0, survives, databases: AtomicU32::new(0) };
        cluster.restart()?;
        Ok(cluster)
    }

    /// Starts the cluster again after [`Postgres::kill`]; it keeps its port.
    ///
    /// # Errors
    /// When it does not start; the message holds the end of its log.
    pub fn restart(&mut self) -> Result<()> {
        if self.server.is_some() {
            bail!("the cluster is running");
        }
        let user = User::to_step_down_to("postgres")?;
        let has_run = self.port != 0;
        if !has_run {
            self.port = free_port()?;
        }
        let begun = Instant::now();
        loop {
            match self.launch(user.as_ref()) {
                Ok(server) => {
                    self.server = Some(server);
                    return Ok(());
                }
                // The sessions of a killed postmaster end by themselves, one after the other; until then nobody may have the
                // folder. What the server says of it may be lost among their last words.
                Err(_) if has_run && begun.elapsed() < ORPHANS => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn launch(&self, user: Option<&User>) -> Result<Guarded> {
        let launch =
            Launch { argv: self.argv(), folder: &self.folder, signal: "QUIT", user, env: Vec::new() };
        let server = Guarded::start(launch)?;
        let ready =
            server.wait_ready(Duration::from_secs(60), || self.execute("postgres", "select 1").is_ok());
        match ready {
            Ok(()) => Ok(server),
            Err(error) => {
                server.let_go()?;
                Err(error)
            }
        }
    }

    fn argv(&self) -> Vec<String> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        let mut argv = vec![self.programs.join("postgres").display().to_string()];
        argv.extend(["-D".into(), path("data"), "-k".into(), self.folder.display().to_string()]);
        argv.extend(["-p".into(), self.port.to_string()]);
        let mut settings = vec!["listen_addresses=127.0.0.1", "max_connections=300", "shared_buffers=64MB"];
        settings.extend(match self.survives {
            Survives::PowerCut => &[][..],
            Survives::Kill => &["fsync=off", "full_page_writes=off"],
            Survives::Nothing => &["fsync=off", "full_page_writes=off", "synchronous_commit=off"],
        });
        for setting in settings {
            argv.extend(["-c".into(), setting.into()]);
        }
        argv
    }

    /// Kills the cluster as a power cut would; [`Postgres::restart`] brings it back.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&mut self) -> Result<()> {
        let server = self.server.take().context("the cluster is not running")?;
        // Its children end by themselves when they see that the postmaster is gone.
        server.kill_keeping_folder()
    }

    /// The postmaster's process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Guarded::pid)
    }

    /// The loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The data folder, for tests that look at raw bytes.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Makes an empty database whose name begins with `name`, and returns its URL as superuser.
    ///
    /// # Panics
    /// When the database cannot be made.
    #[track_caller]
    pub fn database(&self, name: &str) -> String {
        let name = format!("{name}_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        demand("a fresh database", self.execute("postgres", &format!("create database \"{name}\"")));
        self.url(SUPERUSER, &name)
    }

    /// The URL of a database for a role; no password is asked.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL as superuser through `psql` and returns its unaligned rows, for set-up and for looking from outside.
    ///
    /// # Errors
    /// What the server said.
    pub fn execute(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]);
        psql.args(["-p", &self.port.to_string(), "-U", SUPERUSER, "-d", database, "-c", sql]);
        psql.env("PGCONNECT_TIMEOUT", "5");
        run(&mut psql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_cluster_comes_back_with_what_was_committed() {
        for mut cluster in [Postgres::start().unwrap(), Postgres::surviving_kills().unwrap()] {
            comes_back(&mut cluster);
            let folder = cluster.folder.clone();
            drop(cluster);
            assert!(!folder.exists(), "a dropped cluster removes its folder");
        }
    }

    fn comes_back(cluster: &mut Postgres) {
        cluster.execute("postgres", "create table kept as select 7 as n").unwrap();
        cluster.kill().unwrap();
        assert!(cluster.execute("postgres", "select 1").is_err());
        cluster.restart().unwrap();
        assert_eq!(cluster.execute("postgres", "select n from kept").unwrap().trim(), "7");
    }

    #[test]
    fn two_tests_never_share_a_database() {
        let (one, other) = (Postgres::shared().database("same"), Postgres::shared().database("same"));
        assert_ne!(one, other);
    }
}
