//! Rejecting a suggestion: the same words in the same message do not come again.

use access::{Permit, action::DecideSuggestions};
use ids::SuggestionId;

use super::{Means, audited};
use crate::{
    domain::suggestion::Status,
    failure::Failure,
    present::{self, ShownSuggestion},
    sealed,
    store::suggestions,
};

/// Why the suggestion is not rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RejectSuggestionError {
    /// Not there, or not for this member.
    #[error("no such suggestion")]
    NotFound,
    /// It is a task already.
    #[error("the suggestion was accepted")]
    Accepted,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Rejects a suggestion; again is no error.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<DecideSuggestions>,
    id: SuggestionId,
) -> Result<ShownSuggestion, RejectSuggestionError> {
    let (org, keys, now) = (permit.org(), &means.ledger.keyring, means.now_us());
    let mut tx = means.begin(&permit).await?;
    let found = suggestions::lock_visible(&mut tx, id.uuid()).await.map_err(Failure::from)?;
    let mut row = found.ok_or(RejectSuggestionError::NotFound)?;
    match sealed::suggestion(keys, org, row.clone()).await?.status {
        Status::Accepted => return Err(RejectSuggestionError::Accepted),
        Status::Rejected => {}
        Status::Open => {
            let rejected = Status::Rejected.as_str();
            let member = permit.member();
            suggestions::decide(&mut tx, id.uuid(), rejected, None, Some(member.uuid()), now)
                .await
                .map_err(Failure::from)?;
            let audit = audited(org, "suggestion.rejected", id.to_string(), member, now);
            means.ledger.emitter.append(&mut tx, [audit]).await.map_err(Failure::from)?;
            rejected.clone_into(&mut row.status);
        }
    }
    let shown = present::suggestions(&mut tx, keys, vec![row]).await?.pop();
    means.commit(tx).await?;
    shown.ok_or(RejectSuggestionError::NotFound)
}
