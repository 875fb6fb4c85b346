//! `oz dead-letters`: what could not be applied, and applying it again.

use std::process::ExitCode;

use anyhow::Context;
use ids::EventId;
use pg::QueuePool;
use settings::SettingsError;

use crate::{
    args::{Config, DeadLetters, Service},
    configuration, migrate,
    terminal::say,
};

/// Most letters listed of one service.
const MOST: u32 = 200;

pub async fn run(config: &Config, letters: &DeadLetters) -> anyhow::Result<ExitCode> {
    let settings = configuration::load(config)?;
    let replay = letters.replay.as_deref().map(str::parse::<EventId>).transpose().context("--replay")?;
    let only = letters.service.filter(|service| *service != Service::All).map(Service::name);
    let mut replayed = false;
    for (service, _) in
        migrate::migrations().into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name))
    {
        let url =
            settings.database.get(service).map(|database| &database.queue_url).filter(|url| !url.is_empty());
        let url = url.ok_or_else(|| {
            SettingsError::field(format!("database.{service}.queue_url"), "expected a connection")
        })?;
        let pool = QueuePool::connect(url.expose(), 1)?;
        match replay {
            Some(event) => replayed |= outbox::replay(&pool, event).await?,
            None => list(service, &pool, letters.json).await?,
        }
        pool.close().await;
    }
    match replay {
        Some(event) if !replayed => anyhow::bail!("{event} is no dead letter"),
        Some(_) => say("it will be applied again"),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(service: &str, pool: &QueuePool, json: bool) -> anyhow::Result<()> {
    for letter in outbox::dead_letters(pool, MOST).await? {
        if json {
            let line = serde_json::json!({
                "service": service, "event": letter.event, "org": letter.org, "topic": letter.topic,
                "type": letter.type_name, "reason": letter.reason, "at": letter.at,
            });
            say(&line.to_string());
        } else {
            say(&format!(
                "{} {service:<11} {} {} {}",
                letter.at, letter.event, letter.type_name, letter.reason
            ));
        }
    }
    Ok(())
}
