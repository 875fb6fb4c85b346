//! `oz health`: for container health checks, where there is no shell.

use std::{process::ExitCode, time::Duration};

use crate::{args::Config, configuration, terminal::say};

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let settings = configuration::load(config)?;
    let mut addr = settings.http.admin_addr;
    if addr.ip().is_unspecified() {
        addr.set_ip([127, 0, 0, 1].into());
    }
    let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build()?;
    let ready = client.get(format!("http://{addr}/readyz")).send().await;
    let code = ready.as_ref().map(|answer| answer.status().is_success()).unwrap_or(false);
    say(if code { "ready" } else { "not ready" });
    Ok(if code { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
