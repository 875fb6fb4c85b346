//! A private Apache Kafka: one node, KRaft, no container.
//!
//! The broker comes from its published artifacts, which `deploy/local-kafka/fetch` copies into `.dev/kafka` once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::demand;
use crate::guard::{Guarded, Launch, run};
use crate::machine::{free_port, fresh_folder, in_path, port_answers};

/// Quick to start and small, where a broker of a production wants to be fast and large.
const JVM: [&str; 4] = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

/// Any 16 bytes in base64: the cluster has one node and no past.
const CLUSTER_ID: &str = "b3otbG9jYWwta2Fma2EtMQ";

/// A broker of its own; killed and removed on drop, or when the test process ends.
pub struct Kafka {
    server: Option<Guarded>,
    java: PathBuf,
    classpath: String,
    folder: PathBuf,
    port: u16,
}

impl Kafka {
    /// Starts a broker.
    ///
    /// # Errors
    /// When Java is missing, the artifacts cannot be fetched, or the broker does not start; the message says which.
    pub fn start() -> Result<Self> {
        let java = in_path("java")
            .context("Java 17 is not installed (Debian: `apt-get install default-jdk-headless maven`)")?;
        let classpath = fetch()?;
        let folder = fresh_folder("oz-kafka-", None)?;
        let (port, controller) = (free_port()?, free_port()?);
        let settings = folder.join("server.properties");
        fs::write(&settings, properties(&folder, port, controller))
            .context("writing the broker's settings")?;
        let mut format = Command::new(&java);
        format.args(JVM).args([
            "-cp",
            &classpath,
            "kafka.tools.StorageTool",
            "format",
            "-t",
            CLUSTER_ID,
            "-c",
        ]);
        run(format.arg(&settings))?;
        let mut broker = Self { server: None, java, classpath, folder, port };
        broker.restart()?;
        Ok(broker)
    }

    /// The one broker of this test process. Keep to topics and groups of your own in it.
    ///
    /// # Panics
    /// When there can be none: a test that needs it must not pass without it.
    #[track_caller]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Kafka> = OnceLock::new();
        SHARED.get_or_init(|| demand("Apache Kafka", Self::start()))
    }

    /// Starts the broker again after [`Kafka::kill`]; it keeps its port.
    ///
    /// # Errors
    /// When it does not start; the message holds the end of its log.
    pub fn restart(&mut self) -> Result<()> {
        if self.server.is_some() {
            bail!("the broker is running");
        }
        let mut argv = vec![self.java.display().to_string()];
        argv.extend(JVM.map(str::to_owned));
        argv.extend(["-cp".into(), self.classpath.clone(), "kafka.Kafka".into()]);
        argv.push(self.folder.join("server.properties").display().to_string());
        let launch = Launch { argv, folder: &self.folder, signal: "KILL", user: None, env: Vec::new() };
        let server = Guarded::start(launch)?;
        server.wait_ready(Duration::from_secs(90), || port_answers(self.port))?;
        self.server = Some(server);
        Ok(())
    }

    /// Kills the broker as a power cut would; [`Kafka::restart`] brings it back.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&mut self) -> Result<()> {
        self.server.take().context("the broker is not running")?.kill_keeping_folder()
    }

    /// `host:port`, for `bootstrap.servers`.
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The folder of the topics, for tests that look at raw bytes.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.join("data")
    }
}

/// Fetches the artifacts unless they are there, and returns the class path.
fn fetch() -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    run(&mut Command::new(root.join("deploy/local-kafka/fetch"))).context("fetching Apache Kafka")?;
    let folder = root.join(".dev/kafka").canonicalize().context("looking for the fetched Kafka")?;
    Ok(format!("{}/*", folder.display()))
}

/// The session is short since a broker that was killed is let in again only when it has ended.
fn properties(folder: &Path, port: u16, controller: u16) -> String {
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={data}\n\
         auto.create.topics.enable=false\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         broker.heartbeat.interval.ms=500\n\
         broker.session.timeout.ms=3000\n\
         log.segment.bytes=16777216\n\
         log.cleaner.enable=false\n",
        data = folder.join("data").display()
    )
}
