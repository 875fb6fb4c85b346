//! The configuration as commands find it.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use settings::{Settings, SettingsError};

use crate::{
    args::{Config, ConfigCommand, ConfigWhat},
    terminal::say,
};

/// The file that `oz up` writes into its data folder, for the other commands.
pub fn file_of_up(config: &Config) -> PathBuf {
    config.data.join("oz.toml")
}

/// The file named, else `oz.toml` here, else what a running `oz up` wrote; then the variables.
pub fn load(config: &Config) -> Result<Settings, SettingsError> {
    let here = PathBuf::from("oz.toml");
    let candidates = [
        config.config.clone(),
        here.is_file().then_some(here),
        Some(file_of_up(config)).filter(|f| f.is_file()),
    ];
    let file = candidates.into_iter().flatten().next();
    settings::load(file.as_deref(), std::env::vars())
}

/// `oz config`.
pub fn run(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match &command.what {
        ConfigWhat::Schema => say(&serde_json::to_string_pretty(&settings::schema())?),
        ConfigWhat::Check { file } => {
            settings::load(Some(file), []).with_context(|| file.display().to_string())?;
            say(&format!("{}: fine", file.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
