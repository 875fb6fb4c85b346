//! Changing a suggestion before deciding.

use access::{Permit, action::DecideSuggestions};
use chrono::NaiveDate;
use ids::{MemberId, SuggestionId};

use super::Means;
use crate::{
    domain::suggestion::Status,
    failure::Failure,
    present::{self, ShownSuggestion},
    sealed,
    store::{directory, suggestions},
};

/// What is to be otherwise; `None` stays as it is. Checked already.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patch {
    pub title: Option<String>,
    pub assignee: Option<Option<MemberId>>,
    pub due_on: Option<Option<NaiveDate>>,
}

/// Why the suggestion stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateSuggestionError {
    /// Not there, or not for this member.
    #[error("no such suggestion")]
    NotFound,
    /// Somebody has decided.
    #[error("the suggestion was decided")]
    Decided,
    /// The assignee is no active member.
    #[error("this member cannot be given a task")]
    Assignee,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Changes an open suggestion. From then on a new reading of its message leaves it alone.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<DecideSuggestions>,
    id: SuggestionId,
    patch: Patch,
) -> Result<ShownSuggestion, UpdateSuggestionError> {
    let (org, keys) = (permit.org(), &means.ledger.keyring);
    let mut tx = means.begin(&permit).await?;
    let found = suggestions::lock_visible(&mut tx, id.uuid()).await.map_err(Failure::from)?;
    let mut row = found.ok_or(UpdateSuggestionError::NotFound)?;
    let mut suggestion = sealed::suggestion(keys, org, row.clone()).await?;
    if suggestion.status != Status::Open {
        return Err(UpdateSuggestionError::Decided);
    }
    if let Some(title) = patch.title {
        suggestion.words.title = title;
        row.body = Some(sealed::seal_words(keys, org, id, &suggestion.words).await?);
    }
    if let Some(member) = patch.assignee {
        if let Some(member) = member {
            let active = directory::members(&mut tx, &[member.uuid()]).await.map_err(Failure::from)?;
            if !active.iter().any(|row| row.active) {
                return Err(UpdateSuggestionError::Assignee);
            }
        }
        row.assignee_member = member.map(MemberId::uuid);
        row.assignee_account = None;
    }
    row.due_on = patch.due_on.unwrap_or(row.due_on);
    suggestions::patch(&mut tx, &row).await.map_err(Failure::from)?;
    let shown = present::suggestions(&mut tx, keys, vec![row]).await?.pop();
    means.commit(tx).await?;
    shown.ok_or(UpdateSuggestionError::NotFound)
}
