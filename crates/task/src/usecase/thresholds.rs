//! What an organization wants suggested, and what done unasked.

use access::{
    Permit,
    action::{ManageOrganization, ReadOrganization},
};

use super::{Means, audited};
use crate::{
    domain::{Invalid, thresholds::Thresholds},
    failure::Failure,
    store::thresholds,
};

/// What is to be otherwise; `None` stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Patch {
    pub suggest: Option<Option<f32>>,
    pub auto: Option<Option<f32>>,
}

/// Why the choice stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateThresholdsError {
    /// A field is not as it must be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// The choice as it is.
pub(crate) async fn get(means: &Means, permit: Permit<ReadOrganization>) -> Result<Thresholds, Failure> {
    let mut tx = means.begin(&permit).await?;
    Ok(thresholds::get(&mut tx).await?)
}

/// Changes the choice. It counts for what is said from now on.
pub(crate) async fn update(
    means: &Means,
    permit: Permit<ManageOrganization>,
    patch: Patch,
) -> Result<Thresholds, UpdateThresholdsError> {
    let mut tx = means.begin(&permit).await?;
    let before = thresholds::lock(&mut tx).await.map_err(Failure::from)?;
    let after = Thresholds {
        suggest: patch.suggest.unwrap_or(before.suggest),
        auto: patch.auto.unwrap_or(before.auto),
    };
    let after = after.checked()?;
    if after != before {
        thresholds::put(&mut tx, after).await.map_err(Failure::from)?;
        let (org, now) = (permit.org(), means.now_us());
        let audit = audited(org, "suggestions.thresholds_changed", org.to_string(), permit.member(), now);
        means.ledger.emitter.append(&mut tx, [audit]).await.map_err(Failure::from)?;
    }
    means.commit(tx).await?;
    Ok(after)
}
