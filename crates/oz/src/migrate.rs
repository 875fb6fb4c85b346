//! `oz migrate`: the databases at this version's schema.

use std::process::ExitCode;

use anyhow::Context;
use bus::{Bus, Embedded, EmbeddedOptions, Kafka, KafkaOptions};
use events::topic;
use pg::Migrator;
use settings::{BusKind, Settings, SettingsError};

use crate::{args::Config, configuration, terminal::say};

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let settings = configuration::load(config)?;
    all(&settings).await?;
    say("the databases have this version's schema");
    Ok(ExitCode::SUCCESS)
}

/// The migrations of each service.
pub fn migrations() -> [(&'static str, &'static Migrator); 5] {
    [
        ("identity", &identity::MIGRATIONS),
        ("ingestion", &ingestion::MIGRATIONS),
        ("task", &task::MIGRATIONS),
        ("feed", &feed::MIGRATIONS),
        ("aggregation", &aggregation::MIGRATIONS),
    ]
}

/// Migrates every database that the configuration names an owner for, and makes the bus's topics.
pub async fn all(settings: &Settings) -> anyhow::Result<()> {
    let migrate = migrations().into_iter().map(|(service, migrator)| async move {
        let field = format!("database.{service}.owner_url");
        let database = settings.database.get(service).filter(|database| !database.owner_url.is_empty());
        let database =
            database.ok_or_else(|| SettingsError::field(&field, "expected the owner role's connection"))?;
        pg::migrate(database.owner_url.expose(), migrator)
            .await
            .with_context(|| format!("migrating {service}"))
    });
    futures::future::try_join_all(migrate).await?;
    if settings.bus.kind == BusKind::Embedded {
        let url = bus_url(settings)?;
        Embedded::migrate(url).await.context("migrating the bus")?;
    }
    let topics: Vec<(&str, i32)> = topic::ALL.iter().map(|name| (*name, topic::PARTITIONS)).collect();
    open_bus(settings).await?.ensure_topics(&topics).await.context("making the bus's topics")?;
    Ok(())
}

/// Opens the embedded log.
pub async fn open_log(settings: &Settings) -> anyhow::Result<Embedded> {
    Embedded::open(bus_url(settings)?, EmbeddedOptions::default()).await.context("the bus")
}

/// Opens the bus that the configuration names.
pub async fn open_bus(settings: &Settings) -> anyhow::Result<std::sync::Arc<dyn Bus>> {
    Ok(match settings.bus.kind {
        BusKind::Embedded => std::sync::Arc::new(open_log(settings).await?),
        BusKind::Kafka => {
            if settings.bus.brokers.is_empty() {
                return Err(SettingsError::field("bus.brokers", "expected Kafka's bootstrap servers").into());
            }
            std::sync::Arc::new(Kafka::open(KafkaOptions::new(&settings.bus.brokers)).context("the bus")?)
        }
    })
}

fn bus_url(settings: &Settings) -> Result<&str, SettingsError> {
    let database = settings.database.get("bus");
    database
        .map(|d| d.url.expose())
        .ok_or_else(|| SettingsError::field("database.bus.url", "expected a connection"))
}
