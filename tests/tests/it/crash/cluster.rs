//! Every service as a process of its own, started as containers start them, with the servers they need. Each can be killed.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use testkit::{Kafka, Postgres, Redis, SUPERUSER};

use crate::{
    house::{House, program},
    http,
};

/// The services with a database.
pub const SERVICES: [&str; 5] = ["identity", "ingestion", "task", "feed", "aggregation"];
/// Longest wait for what comes back in seconds on a machine with nothing else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the events go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bus {
    Embedded,
    Kafka,
}

/// What can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// A process of Oz, by its place.
    Process(usize),
    /// All databases, and with them the embedded log.
    Postgres,
    Kafka,
}

struct Process {
    name: &'static str,
    admin: SocketAddr,
    environment: Vec<(String, String)>,
    child: Option<Child>,
    started: Instant,
}

/// The processes and their servers.
pub struct Cluster {
    processes: Vec<Process>,
    postgres: Postgres,
    kafka: Option<Kafka>,
    _redis: Redis,
    folder: tempfile::TempDir,
    /// Processes that ended by themselves and were started again, by name.
    pub ended: Vec<&'static str>,
}

impl Cluster {
    /// A fresh one, ready, and its door.
    pub fn open(bus: Bus) -> (House, Self) {
        let postgres = Postgres::surviving_kills().unwrap();
        let redis = Redis::start().unwrap();
        let kafka = (bus == Bus::Kafka).then(|| Kafka::start().unwrap());
        provision(&postgres);
        let folder = tempfile::Builder::new().prefix("oz-crash-").tempdir().unwrap();
        let addresses = Addresses::choose();
        let where_all = everybody(&addresses, &postgres, kafka.as_ref());
        migrate(&where_all, &postgres, &folder);
        let processes = SERVICES.into_iter().chain(["gateway"]).zip(&addresses.admin).map(|(name, admin)| {
            let mut environment = where_all.clone();
            environment.push(("OZ__HTTP__ADMIN_ADDR".into(), admin.to_string()));
            environment.extend(own(name, &addresses, &postgres, &redis));
            Process { name, admin: *admin, environment, child: None, started: Instant::now() }
        });
        let processes = processes.collect();
        let mut cluster = Self { processes, postgres, kafka, _redis: redis, folder, ended: Vec::new() };
        let house = House::at(addresses.gateway);
        operators_file(&house, &addresses);
        for place in 0..cluster.processes.len() {
            cluster.start(Victim::Process(place));
        }
        cluster.wait_ready();
        (house, cluster)
    }

    /// Everything that can be killed.
    pub fn victims(&self) -> Vec<Victim> {
        let processes = (0..self.processes.len()).map(Victim::Process);
        processes.chain([Victim::Postgres]).chain(self.kafka.as_ref().map(|_| Victim::Kafka)).collect()
    }

    pub fn name(&self, victim: Victim) -> &'static str {
        match victim {
            Victim::Process(place) => self.processes[place].name,
            Victim::Postgres => "PostgreSQL",
            Victim::Kafka => "Kafka",
        }
    }

    /// Ends it with SIGKILL, wherever it stands.
    pub fn kill(&mut self, victim: Victim) {
        match victim {
            Victim::Process(place) => self.processes[place].kill(),
            Victim::Postgres => self.postgres.kill().unwrap(),
            Victim::Kafka => self.kafka.as_mut().unwrap().kill().unwrap(),
        }
    }

    /// Starts it again, with what it had on disk.
    pub fn start(&mut self, victim: Victim) {
        match victim {
            Victim::Process(place) => self.processes[place].start(self.folder.path().to_owned()),
            Victim::Postgres => self.postgres.restart().unwrap(),
            Victim::Kafka => self.kafka.as_mut().unwrap().restart().unwrap(),
        }
    }

    /// Passes the time, and starts what ended by itself as a container's supervisor does.
    pub fn pause(&mut self, time: Duration) {
        let begun = Instant::now();
        loop {
            self.revive();
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    fn revive(&mut self) {
        for process in &mut self.processes {
            if process.has_ended() && process.started.elapsed() > Duration::from_millis(300) {
                self.ended.push(process.name);
                process.start(self.folder.path().to_owned());
            }
        }
    }

    /// Until every process says that it and what it needs is there.
    pub fn wait_ready(&mut self) {
        let begun = Instant::now();
        while let Some(name) = self.not_ready() {
            let log = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            let end: Vec<&str> = log.lines().rev().take(15).collect();
            assert!(begun.elapsed() < PATIENCE, "{name} is not ready:\n{}", end.join("\n"));
            self.pause(Duration::from_millis(50));
        }
    }

    fn not_ready(&self) -> Option<&'static str> {
        let ready = |process: &&Process| {
            let asked = http::send(process.admin, "GET", "/readyz", &[], None);
            asked.is_ok_and(|answer| answer.status == 200)
        };
        self.processes.iter().find(|process| !ready(process)).map(|process| process.name)
    }

    /// What a service's database says, to whoever may see everything.
    pub fn look(&self, service: &str, sql: &str) -> String {
        self.postgres.execute(&format!("oz_{service}"), sql).unwrap().trim().to_owned()
    }

    /// What the processes wrote to their logs.
    pub fn logs(&self) -> Vec<(&'static str, String)> {
        let log = |process: &Process| fs::read_to_string(self.folder.path().join(process.name));
        self.processes.iter().map(|process| (process.name, log(process).unwrap_or_default())).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            println!("the logs are in {}", self.folder.path().display());
        }
    }
}

impl Process {
    /// It dies with the thread that starts it, which is the test's own.
    fn start(&mut self, folder: PathBuf) {
        let log = File::options().create(true).append(true).open(folder.join(self.name)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program()).args(["serve", self.name]);
        command.envs(self.environment.iter().cloned()).env("OZ_DATA", folder.join("none"));
        command.current_dir(&folder).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        self.started = Instant::now();
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Addresses {
    rpc: [SocketAddr; 5],
    admin: [SocketAddr; 6],
    hooks: SocketAddr,
    gateway: SocketAddr,
}

impl Addresses {
    fn choose() -> Self {
        let next = || SocketAddr::from((Ipv4Addr::LOCALHOST, testkit::free_port().unwrap()));
        Self {
            rpc: std::array::from_fn(|_| next()),
            admin: std::array::from_fn(|_| next()),
            hooks: next(),
            gateway: next(),
        }
    }
}

/// Roles and databases, as `deploy/postgres/provision` makes them for containers; and the embedded log's.
fn provision(postgres: &Postgres) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/postgres/provision");
    let mut command = Command::new("sh");
    command.arg(script).env("PGHOST", "127.0.0.1").env("PGPORT", postgres.port().to_string());
    command.env("PGUSER", SUPERUSER);
    for service in SERVICES {
        for kind in ["", "QUEUE_", "OWNER_"] {
            command.env(format!("OZ_{}_{kind}PASSWORD", service.to_uppercase()), "unused");
        }
    }
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    postgres.execute("postgres", "create role oz_bus login").unwrap();
    postgres.execute("postgres", "create database oz_bus owner oz_bus").unwrap();
}

fn variable(name: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

fn secret(name: &str) -> (String, String) {
    variable(format!("OZ__SECRETS__SERVICE__{}", name.to_uppercase()), format!("the secret of {name}"))
}

/// Where everything is: what all containers are told.
fn everybody(addresses: &Addresses, postgres: &Postgres, kafka: Option<&Kafka>) -> Vec<(String, String)> {
    let mut all = vec![variable("OZ__SECRETS__TICKET_KEY", "7a".repeat(32))];
    for (service, addr) in SERVICES.iter().zip(addresses.rpc) {
        all.push(variable(format!("OZ__RPC__URL__{}", service.to_uppercase()), format!("http://{addr}")));
    }
    match kafka {
        Some(kafka) => {
            all.push(variable("OZ__BUS__KIND", "kafka"));
            all.push(variable("OZ__BUS__BROKERS", kafka.brokers()));
        }
        None => all.push(variable("OZ__DATABASE__BUS__URL", postgres.url("oz_bus", "oz_bus"))),
    }
    all
}

/// What one service alone is told.
fn own(name: &str, addresses: &Addresses, postgres: &Postgres, redis: &Redis) -> Vec<(String, String)> {
    if name == "gateway" {
        return vec![
            variable("OZ__HTTP__ADDR", addresses.gateway.to_string()),
            variable("OZ__HTTP__HOOKS_URL", format!("http://{}", addresses.hooks)),
            variable("OZ__HTTP__REQUESTS_PER_MINUTE", "1000000"),
            variable("OZ__REDIS__URL", redis.url()),
            secret("gateway"),
        ];
    }
    let (upper, database) = (name.to_uppercase(), format!("oz_{name}"));
    let listen = SERVICES.iter().zip(addresses.rpc).find(|(service, _)| **service == name).unwrap().1;
    let mut own = vec![
        variable(format!("OZ__RPC__LISTEN__{upper}"), listen.to_string()),
        variable(format!("OZ__DATABASE__{upper}__URL"), postgres.url(&database, &database)),
        variable(
            format!("OZ__DATABASE__{upper}__QUEUE_URL"),
            postgres.url(&format!("{database}_queue"), &database),
        ),
        secret(name),
    ];
    if name == "ingestion" {
        own.push(variable("OZ__HTTP__HOOKS_ADDR", addresses.hooks.to_string()));
    }
    if name == "identity" {
        own.push(variable("OZ__SECRETS__KEY_ENCRYPTION_KEY", "3c".repeat(32)));
        own.extend(SERVICES.into_iter().chain(["gateway", "operator"]).map(secret));
    }
    own
}

/// `oz migrate`, which alone knows the owners.
fn migrate(everybody: &[(String, String)], postgres: &Postgres, folder: &tempfile::TempDir) {
    let mut command = Command::new(program());
    command.arg("migrate").envs(everybody.iter().cloned()).env("OZ_DATA", folder.path().join("none"));
    for service in SERVICES {
        let (prefix, database) =
            (format!("OZ__DATABASE__{}", service.to_uppercase()), format!("oz_{service}"));
        command.env(format!("{prefix}__URL"), postgres.url(&database, &database));
        command.env(format!("{prefix}__OWNER_URL"), postgres.url(&format!("{database}_owner"), &database));
    }
    let migrated = command.current_dir(folder.path()).output().unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
}

/// What the operator's commands need to know.
fn operators_file(house: &House, addresses: &Addresses) {
    let (_, secret) = secret("operator");
    let text = format!(
        "[http]\npublic_url = \"http://{}\"\n[rpc.url]\nidentity = \"http://{}\"\n[secrets.service]\noperator = \"{secret}\"\n",
        addresses.gateway, addresses.rpc[0]
    );
    fs::create_dir_all(house.data()).unwrap();
    fs::write(house.data().join("oz.toml"), text).unwrap();
}
