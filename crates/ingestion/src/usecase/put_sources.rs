//! Choosing what is shared: the list given replaces the list before it.

use std::collections::HashMap;

use access::{Permit, action::ManageIntegrations};
use ids::{IntegrationId, SourceId};
use pg::TenantTx;
use providers::imports::ImportKind;

use super::{purge, share};
use crate::{
    Ingestion,
    domain::{identity, visibility::Visibility},
    normalise::WorkError,
    store::{integrations, sources},
};

/// Most sources of one integration.
pub const MOST: usize = 5_000;

/// One source as the request names it.
pub struct Wanted {
    pub key: String,
    pub visibility: String,
}

/// What can be wrong.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// No such integration.
    #[error("not found")]
    NotFound,
    /// The list is wrong at a field.
    #[error("{0}: {1}")]
    Field(&'static str, String),
    /// Something else failed.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<pg::PgError> for PutError {
    fn from(error: pg::PgError) -> Self {
        Self::Work(error.into())
    }
}

/// Checks the list: canonical keys, each once, with visibilities that exist.
pub fn checked(provider: &str, wanted: Vec<Wanted>) -> Result<Vec<(String, Visibility)>, PutError> {
    if wanted.len() > MOST {
        return Err(PutError::Field("sources", format!("at most {MOST} sources")));
    }
    let mut seen = HashMap::new();
    let mut checked = Vec::with_capacity(wanted.len());
    for (place, Wanted { key, visibility }) in wanted.into_iter().enumerate() {
        let field = |what: &str| format!("sources[{place}]: {what}");
        let canonical = providers::source_key(provider, &key)
            .ok_or_else(|| PutError::Field("sources.key", field("not a key of this provider")))?;
        let visibility = Visibility::parse(&visibility).ok_or_else(|| {
            PutError::Field("sources.visibility", field("expected org, team:<team id> or source"))
        })?;
        match seen.insert(canonical.clone(), visibility) {
            None => checked.push((canonical, visibility)),
            Some(before) if before == visibility => {}
            Some(_) => {
                return Err(PutError::Field("sources.key", field("named twice with different visibility")));
            }
        }
    }
    Ok(checked)
}

/// Shares what is new, changes what is shared differently, and purges what is no longer in the list.
pub async fn put(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    integration: IntegrationId,
    wanted: Vec<Wanted>,
) -> Result<(), PutError> {
    let keys = service.keyring.keys(permit.org()).await.map_err(WorkError::from)?;
    let mut tx = TenantTx::begin(&service.pool, &permit.scope()).await?;
    if !integrations::lock(&mut tx, integration.uuid()).await? {
        return Err(PutError::NotFound);
    }
    let row = integrations::get(&mut tx, integration.uuid()).await?.ok_or(PutError::NotFound)?;
    let archive = ImportKind::from_name(&row.provider).is_some();
    let wanted = checked(&row.provider, wanted)?;
    let shared = sources::shared(&mut tx, integration.uuid()).await?;
    let mut before: HashMap<Vec<u8>, sources::Row> =
        shared.into_iter().map(|s| (s.key_hash.clone(), s)).collect();
    for (canonical, visibility) in wanted {
        let hash = identity::source_key_hash(keys.search(), integration, &canonical);
        match before.remove(&hash[..]) {
            Some(known) => {
                let source = SourceId::from_uuid(known.source_id);
                if visibility.audience(permit.org(), source) != known.audience {
                    if archive && known.audience == known.source_id {
                        return Err(PutError::Field(
                            "sources.visibility",
                            "what came privately with an archive stays private".to_owned(),
                        ));
                    }
                    share::change_audience(service, &mut tx, source, visibility).await?;
                    share::audit(
                        service,
                        &mut tx,
                        permit.caller(),
                        "source.audience_changed",
                        source.to_string(),
                    )
                    .await?;
                }
            }
            None if archive => {
                return Err(PutError::Field("sources.key", "an archive brings its own sources".to_owned()));
            }
            None => {
                let new = share::Share {
                    integration,
                    provider: &row.provider,
                    canonical: &canonical,
                    shown: &canonical,
                    visibility,
                    only: None,
                };
                let source = share::share(service, &mut tx, &keys, new).await?;
                share::audit(service, &mut tx, permit.caller(), "source.shared", source.to_string()).await?;
            }
        }
    }
    for row in before.into_values() {
        let source = SourceId::from_uuid(row.source_id);
        purge::source(service, &mut tx, source).await?;
        share::audit(service, &mut tx, permit.caller(), "source.removed", source.to_string()).await?;
    }
    service.emitter.commit(tx).await?;
    service.configs.forget(integration);
    Ok(())
}

/// Ends an integration: everything it brought is purged, its secrets are forgotten.
pub async fn delete(
    service: &Ingestion,
    permit: &Permit<ManageIntegrations>,
    integration: IntegrationId,
) -> Result<(), PutError> {
    let mut tx = TenantTx::begin(&service.pool, &permit.scope()).await?;
    if !integrations::lock(&mut tx, integration.uuid()).await? {
        return Err(PutError::NotFound);
    }
    for row in sources::shared(&mut tx, integration.uuid()).await? {
        purge::source(service, &mut tx, SourceId::from_uuid(row.source_id)).await?;
    }
    integrations::delete(&mut tx, integration.uuid()).await?;
    share::audit(service, &mut tx, permit.caller(), "integration.deleted", integration.to_string()).await?;
    service.emitter.commit(tx).await?;
    service.configs.forget(integration);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(list: &[(&str, &str)]) -> Vec<Wanted> {
        list.iter()
            .map(|(key, visibility)| Wanted { key: (*key).to_owned(), visibility: (*visibility).to_owned() })
            .collect()
    }

    #[test]
    fn keys_are_made_canonical_and_counted_once() {
        let list = checked("github", wanted(&[("Octo/Repo", "org"), ("octo/repo", "org")])).unwrap();
        assert_eq!(list, [("octo/repo".to_owned(), Visibility::Organization)]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (list, expected) in [
            (
                vec![("octo/repo", "everyone")],
                "sources.visibility: sources[0]: expected org, team:<team id> or source",
            ),
            (
                vec![("octo/repo", "org"), ("no slash", "org")],
                "sources.key: sources[1]: not a key of this provider",
            ),
            (
                vec![("a/b", "org"), ("A/B", "source")],
                "sources.key: sources[1]: named twice with different visibility",
            ),
        ] {
            assert_eq!(checked("github", wanted(&list)).unwrap_err().to_string(), expected);
        }
    }
}
