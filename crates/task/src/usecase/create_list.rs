//! Making a list.

use access::{Permit, action::ManageLists};
use ids::ListId;

use super::{
    Means, audited,
    list_lists::{self, List},
};
use crate::{
    domain::{Invalid, line, visibility::Visibility},
    events,
    failure::Failure,
    sealed,
    store::lists::{self, ListRow},
};

/// Longest name, characters.
const LONGEST_NAME: usize = 200;

/// Why there is no new list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateListError {
    /// A field is not as it must be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The member is in no such team.
    #[error("no such team")]
    NoSuchTeam,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Makes a list that the organization or one of the member's teams sees.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<ManageLists>,
    name: &str,
    visibility: Visibility,
) -> Result<List, CreateListError> {
    let (org, now) = (permit.org(), means.now_us());
    let name = line("name", name, LONGEST_NAME)?;
    let audience = visibility.audience(org);
    if !permit.caller().stands_in(audience) {
        return Err(CreateListError::NoSuchTeam);
    }
    let list = ListId::from_uuid(means.entropy.uuid());
    let sealed = means
        .ledger
        .keyring
        .seal(org, sealed::LIST, list.uuid(), name.as_bytes())
        .await
        .map_err(Failure::from)?;
    let row = ListRow {
        list_id: list.uuid(),
        name: sealed.clone(),
        audience,
        is_default: false,
        created_at_us: now,
    };
    let mut tx = means.begin(&permit).await?;
    lists::insert(&mut tx, &row).await.map_err(Failure::from)?;
    let told = [
        events::list_changed(list, sealed, audience, now),
        audited(org, "list.created", list.to_string(), permit.member(), now),
    ];
    means.ledger.emitter.append(&mut tx, told).await.map_err(Failure::from)?;
    means.commit(tx).await?;
    Ok(list_lists::open(means, org, row).await?)
}
