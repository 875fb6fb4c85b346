//! One delivery.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, header},
    response::Response,
};
use ids::{DeliveryId, IntegrationId, SourceId};
use providers::{ReadError, Refusal, Route};
use sealing::Binding;
use tokio::time::timeout;

use super::{
    Door, answer,
    commit::{Arrival, Count, Outcome},
    configs::{Config, ConfigError},
};
use crate::domain::identity;

/// Longest event name in the ledger.
const LONGEST_EVENT: usize = 64;
/// Stands in the ledger for the event of a delivery that is not believed.
const UNVERIFIED: &str = "unverified";

/// Takes a delivery in.
pub async fn receive(
    State(door): State<Arc<Door>>,
    Path((provider, integration)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let hook = providers::provider(&provider).and_then(|row| row.hook.as_ref());
    let (Some(hook), Ok(integration)) = (hook, integration.parse::<IntegrationId>()) else {
        return answer::unknown();
    };
    let config = match door.service.configs.get(integration).await {
        Ok(Some(config)) if config.provider == provider && config.active => config,
        Ok(_) => return answer::unknown(),
        Err(error) => return unavailable(&error),
    };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > hook.body_cap_bytes) {
        return refuse(&door, &config, Refusal::TooLarge).await;
    }
    let body = match timeout(door.service.patience.body, to_bytes(body, hook.body_cap_bytes)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return refuse(&door, &config, Refusal::TooLarge).await,
        Err(_) => {
            let event = UNVERIFIED.to_owned();
            return counted(&door, &config, event, "refused", "too_slow", answer::too_slow()).await;
        }
    };
    match take(&door, config, &headers, &body).await {
        Ok(response) => response,
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &dyn std::error::Error) -> Response {
    tracing::warn!(%error, "delivery was not taken in");
    answer::try_again()
}

async fn take(
    door: &Door,
    config: Arc<Config>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, ConfigError> {
    let service = &door.service;
    let now_us = service.entropy.clock().now_us();
    let lookup = |name: &str| headers.get(name).map(|value| value.as_bytes());
    let verify = |config: &Config| {
        providers::verify(
            &config.provider,
            &lookup,
            body,
            &config.secrets(now_us),
            clock::from_micros(now_us),
        )
    };
    let mut config = config;
    let mut verified = verify(&config);
    if matches!(verified, Err(Refusal::WrongSignature | Refusal::NoSecret)) {
        // The secret may have been rotated a moment ago, or the integration deleted.
        match service.configs.load(config.integration).await? {
            Some(fresh) if fresh.active => config = fresh,
            _ => return Ok(answer::unknown()),
        }
        verified = verify(&config);
    }
    let verified = match verified {
        Ok(verified) => verified,
        Err(refusal) => return Ok(refuse(door, &config, refusal).await),
    };
    if let Some(text) = verified.challenge {
        return Ok(answer::challenge(text));
    }
    let event = event_name(&verified.event);
    let source = match providers::route(&config.provider, &verified.event, body) {
        Ok(Route::Source(key)) => match shared(door, &mut config, &key).await? {
            Some(source) => Some(source),
            None => {
                return Ok(
                    counted(door, &config, event, "skipped", "source_not_shared", answer::accepted()).await
                );
            }
        },
        Ok(Route::Connection) => None,
        Ok(Route::Unsupported(reason)) => {
            return Ok(counted(door, &config, event, "skipped", reason, answer::accepted()).await);
        }
        Err(error) => {
            let (ReadError::Malformed { field: code } | ReadError::TooLarge { what: code }) = &error;
            return Ok(
                counted(door, &config, event, "refused", code, answer::malformed(&error.to_string())).await
            );
        }
    };
    let id = DeliveryId::from_uuid(service.entropy.uuid());
    let binding = Binding { org: config.org, kind: "delivery", id: id.uuid() };
    let sealed = config.keys.seal(binding, body, &service.entropy).map_err(keyring::KeyError::from)?;
    let dedupe = identity::dedupe_hash(config.keys.search(), config.integration, &verified.delivery_key);
    let arrival =
        Arrival { org: config.org, integration: config.integration, source, id, dedupe, event, body: sealed };
    Ok(match door.acceptor.accept(arrival).await {
        Outcome::Durable => answer::accepted(),
        Outcome::NotStored => answer::try_again(),
    })
}

/// The shared source of this key. A key that the cached configuration does not know is looked up once more: sharing takes effect
/// with the answer to the request that shared it.
async fn shared(door: &Door, config: &mut Arc<Config>, key: &str) -> Result<Option<SourceId>, ConfigError> {
    if let Some(source) = config.source(key) {
        return Ok(Some(source));
    }
    match door.service.configs.load(config.integration).await? {
        Some(fresh) => {
            *config = fresh;
            Ok(config.source(key))
        }
        None => Ok(None),
    }
}

async fn refuse(door: &Door, config: &Config, refusal: Refusal) -> Response {
    let response = match refusal {
        Refusal::TooLarge => answer::too_large(),
        Refusal::FormEncoded | Refusal::MalformedBody(_) => answer::malformed(&refusal.to_string()),
        _ => answer::unsigned(),
    };
    // The name of the event is believed only with a signature.
    counted(door, config, UNVERIFIED.to_owned(), "refused", refusal.code(), response).await
}

/// Counts what is not stored, then answers.
async fn counted(
    door: &Door,
    config: &Config,
    event: String,
    outcome: &'static str,
    reason: &'static str,
    response: Response,
) -> Response {
    let count = Count { org: config.org, integration: config.integration, event, outcome, reason };
    match door.acceptor.count(count).await {
        Outcome::Durable => response,
        Outcome::NotStored => answer::try_again(),
    }
}

/// An event's name as the ledger keeps it: letters, digits, `_` and `.`, so that nothing else can be written there.
fn event_name(event: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    event.chars().filter(fits).take(LONGEST_EVENT).collect()
}
