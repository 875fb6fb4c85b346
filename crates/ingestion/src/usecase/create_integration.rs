//! Connecting a provider, and rotating the secret by which its deliveries are believed.

use access::{Permit, action::ManageIntegrations};
use data_encoding::BASE64URL_NOPAD;
use ids::IntegrationId;
use pg::TenantTx;
use sealing::{Binding, OrgKeys};

use super::share::audit;
use crate::{Ingestion, normalise::WorkError, store::integrations};

/// How long the secret before stays valid after a rotation.
const OVERLAP: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// What can be wrong with the request.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The field and what is expected.
    #[error("{0}: {1}")]
    Field(&'static str, &'static str),
    /// No such integration.
    #[error("not found")]
    NotFound,
    /// Something else failed.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// Connects a provider. Returns the integration's id and the secret in use, which is told this once.
pub async fn create(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    provider: &str,
    name: &str,
    secret: &str,
) -> Result<(IntegrationId, String), CreateError> {
    if providers::provider(provider).is_none_or(|row| row.hook.is_none()) {
        return Err(CreateError::Field(
            "provider",
            "expected a provider with deliveries; GET /api/v1/providers lists them",
        ));
    }
    let name = checked_name(name, provider)?;
    let secret = checked_secret(service, secret)?;
    let keys = service.keyring.keys(permit.org()).await.map_err(WorkError::from)?;
    let id = IntegrationId::from_uuid(service.entropy.uuid());
    let mut tx = TenantTx::begin(&service.pool, &permit.scope()).await.map_err(WorkError::from)?;
    let sealed_name = seal(service, &keys, permit, "integration", id, name.as_bytes())?;
    let sealed_secret = seal(service, &keys, permit, "secret", id, secret.as_bytes())?;
    let new = integrations::New {
        integration_id: id.uuid(),
        provider,
        name: &sealed_name,
        secret: Some(&sealed_secret),
        created_by: permit.member().uuid(),
        created_at: service.entropy.clock().now(),
    };
    integrations::insert(&mut tx, new).await.map_err(WorkError::from)?;
    audit(service, &mut tx, permit.caller(), "integration.created", id.to_string()).await?;
    service.emitter.commit(tx).await.map_err(WorkError::from)?;
    Ok((id, secret))
}

/// Makes a new secret valid beside the present one, which ends a day later. Returns the new one and when the old one ends,
/// microseconds since the epoch.
pub async fn rotate(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    id: IntegrationId,
    secret: &str,
) -> Result<(String, i64), CreateError> {
    let secret = checked_secret(service, secret)?;
    let keys = service.keyring.keys(permit.org()).await.map_err(WorkError::from)?;
    let until = service.entropy.clock().now() + OVERLAP;
    let mut tx = TenantTx::begin(&service.pool, &permit.scope()).await.map_err(WorkError::from)?;
    if !integrations::lock(&mut tx, id.uuid()).await.map_err(WorkError::from)? {
        return Err(CreateError::NotFound);
    }
    let sealed = seal(service, &keys, permit, "secret", id, secret.as_bytes())?;
    integrations::rotate(&mut tx, id.uuid(), &sealed, until).await.map_err(WorkError::from)?;
    audit(service, &mut tx, permit.caller(), "integration.secret_rotated", id.to_string()).await?;
    service.emitter.commit(tx).await.map_err(WorkError::from)?;
    service.configs.forget(id);
    Ok((secret, until.timestamp_micros()))
}

fn checked_name<'a>(name: &'a str, provider: &'a str) -> Result<&'a str, CreateError> {
    let name = if name.trim().is_empty() { provider } else { name.trim() };
    let fits = name.chars().count() <= 200 && !name.chars().any(char::is_control);
    if fits {
        Ok(name)
    } else {
        Err(CreateError::Field("name", "at most 200 characters, none of them a control character"))
    }
}

/// The secret given, or 32 random bytes in base64url.
fn checked_secret(service: &Ingestion, given: &str) -> Result<String, CreateError> {
    if given.is_empty() {
        let random: [u8; 32] =
            service.entropy.bytes().map_err(|_| WorkError::Key(sealing::SealError::NoRandomness.into()))?;
        return Ok(BASE64URL_NOPAD.encode(&random));
    }
    // Slack's signing secrets have 32 characters; shorter ones can be guessed.
    let fits = (16..=512).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(given.to_owned())
    } else {
        Err(CreateError::Field(
            "secret",
            "expected 16 to 512 visible ASCII characters, or none to have one made",
        ))
    }
}

fn seal(
    service: &Ingestion,
    keys: &OrgKeys,
    permit: &Permit<ManageIntegrations>,
    kind: &str,
    id: IntegrationId,
    plain: &[u8],
) -> Result<Vec<u8>, WorkError> {
    let binding = Binding { org: permit.org(), kind, id: id.uuid() };
    Ok(keys.seal(binding, plain, &service.entropy).map_err(keyring::KeyError::from)?)
}
