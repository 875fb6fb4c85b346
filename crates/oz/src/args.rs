//! What can be typed.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};

/// A private workplace memory for teams.
#[derive(Debug, Parser)]
#[command(name = "oz", version, about, propagate_version = true)]
pub struct Args {
    #[command(flatten)]
    pub config: Config,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
pub struct Config {
    /// Configuration file; without it, the one that `oz up` wrote into the data folder, if there is one.
    #[arg(long, env = "OZ_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// The data folder of `oz up`.
    #[arg(long = "data", env = "OZ_DATA", default_value = ".oz", global = true)]
    pub data: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything on this machine: a private PostgreSQL and Redis, all services, the gateway.
    Up(Up),
    /// Run one or more services in this process.
    Serve(Serve),
    /// Bring the databases to this version's schema.
    Migrate,
    /// Make an organization with its owner, and print a one-time sign-in link.
    Bootstrap(Bootstrap),
    /// Bring in real data: a git repository, a mailbox, a chat export. Safe to repeat.
    Import(Import),
    /// List what was found in conversations; correct, accept or reject it.
    Suggestions(Suggestions),
    /// Find action items or dates in text, without a server.
    Extract(Extract),
    /// Say what is missing or wrong on this machine, and how to mend it.
    Doctor,
    /// Ask this process's admin address whether it is ready.
    Health,
    /// Show the configuration's schema, or check a file.
    Config(ConfigCommand),
    /// List events that could not be applied, or apply one again.
    DeadLetters(DeadLetters),
}

#[derive(Debug, clap::Args)]
pub struct Up {
    /// The data folder, made if it is not there.
    #[arg(long, env = "OZ_DATA", default_value = ".oz")]
    pub data: PathBuf,
    /// Where the gateway listens.
    #[arg(long, env = "OZ_HTTP_ADDR", default_value = "127.0.0.1:8080")]
    pub http: SocketAddr,
    /// Kafka's bootstrap servers; without it, events go through the embedded log.
    #[arg(long, env = "OZ_KAFKA")]
    pub kafka: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Which.
    #[arg(required = true)]
    pub services: Vec<Service>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Service {
    Identity,
    Ingestion,
    Task,
    Feed,
    Aggregation,
    Gateway,
    /// All of them.
    All,
}

#[derive(Debug, clap::Args)]
pub struct Bootstrap {
    /// Name of the organization.
    #[arg(long)]
    pub org: String,
    /// Mail address of its owner.
    #[arg(long)]
    pub email: String,
    /// Name of the owner.
    #[arg(long, default_value = "")]
    pub name: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Import {
    /// What it is.
    pub kind: ImportKind,
    /// The repository, the mailbox file, the export's folder or zip.
    pub path: PathBuf,
    /// Under which name it is shown: the source.
    #[arg(long)]
    pub scope: String,
    /// Who may see it: org, team:<team id> or private.
    #[arg(long, default_value = "org")]
    pub visibility: String,
    #[command(flatten)]
    pub door: Door,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Where the gateway is, and who asks.
#[derive(Debug, clap::Args)]
pub struct Door {
    /// The gateway.
    #[arg(long, env = "OZ_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// An API token.
    #[arg(long, env = "OZ_TOKEN", hide_env_values = true)]
    pub token: String,
}

#[derive(Debug, clap::Args)]
pub struct Suggestions {
    #[command(flatten)]
    pub door: Door,
    /// Print one JSON object a line.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub what: Option<SuggestionsWhat>,
}

#[derive(Debug, Subcommand)]
pub enum SuggestionsWhat {
    /// Correct one before it is accepted.
    Edit(Correction),
    /// Make the task, or the change to it.
    Accept {
        /// As listed.
        id: String,
    },
    /// Put one aside.
    Reject {
        /// As listed.
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct Correction {
    /// As listed.
    pub id: String,
    /// What is to be done.
    #[arg(long)]
    pub title: Option<String>,
    /// By which day, as in 2026-12-31, or none.
    #[arg(long)]
    pub due: Option<String>,
    /// Who has to do it: a member's id, or none.
    #[arg(long)]
    pub assignee: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ImportKind {
    Git,
    Mbox,
    SlackExport,
}

#[derive(Debug, clap::Args)]
pub struct Extract {
    /// Read date expressions instead of threads.
    #[arg(long)]
    pub dates: bool,
    /// JSON lines; `-` for standard input.
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct ConfigCommand {
    #[command(subcommand)]
    pub what: ConfigWhat,
}

#[derive(Debug, Subcommand)]
pub enum ConfigWhat {
    /// The JSON Schema of the configuration.
    Schema,
    /// Check a file; the first wrong field is named.
    Check {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct DeadLetters {
    /// Only this service: ingestion, identity, task, feed or aggregation.
    #[arg(long)]
    pub service: Option<Service>,
    /// Apply this event again (an id as listed).
    #[arg(long)]
    pub replay: Option<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

impl Service {
    /// The service's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Ingestion => "ingestion",
            Self::Task => "task",
            Self::Feed => "feed",
            Self::Aggregation => "aggregation",
            Self::Gateway => "gateway",
            Self::All => "all",
        }
    }

    /// All but `All`, in the order in which they start.
    pub const EACH: [Self; 6] =
        [Self::Identity, Self::Ingestion, Self::Task, Self::Feed, Self::Aggregation, Self::Gateway];
}
