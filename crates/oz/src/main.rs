//! The binary: serve, up, bootstrap, import, suggestions, extract, doctor.
//!
//! Exit codes: 0 fine, 1 failed, 2 wrong usage, 64 wrong configuration.

mod args;
mod bootstrap;
mod compose;
mod configuration;
mod doctor;
mod door;
mod extract;
mod health;
mod import;
mod letters;
mod migrate;
mod serve;
mod suggestions;
mod terminal;
mod up;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;
use settings::SettingsError;

/// A page of stories is thousands of small strings: a fifth of Oz's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code for a configuration that is not usable (EX_USAGE of sysexits.h).
const WRONG_CONFIGURATION: u8 = 64;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            terminal::complain(&error);
            let configuration = error.chain().any(|cause| cause.is::<SettingsError>());
            ExitCode::from(if configuration { WRONG_CONFIGURATION } else { 1 })
        }
    }
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Extract(extract) => extract::run(&extract),
        Command::Config(config) => configuration::run(&config),
        // Starts servers as children of this very thread, before there are others.
        Command::Up(up) => up::run(&up),
        other => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(async {
                match other {
                    Command::Serve(serve) => serve::run(&args.config, &serve).await,
                    Command::Migrate => migrate::run(&args.config).await,
                    Command::Bootstrap(bootstrap) => bootstrap::run(&args.config, &bootstrap).await,
                    Command::Import(import) => import::run(&import).await,
                    Command::Suggestions(suggestions) => suggestions::run(&suggestions).await,
                    Command::Doctor => doctor::run(&args.config).await,
                    Command::Health => health::run(&args.config).await,
                    Command::DeadLetters(letters) => letters::run(&args.config, &letters).await,
                    Command::Extract(_) | Command::Config(_) | Command::Up(_) => Ok(ExitCode::SUCCESS),
                }
            })
        }
    }
}
