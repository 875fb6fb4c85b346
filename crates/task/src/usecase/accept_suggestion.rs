//! Accepting a suggestion: a task is made, or one is changed, with the words of the message as its evidence.

use access::{Permit, action::DecideSuggestions};
use ids::{ListId, MemberId, SuggestionId, TaskId};
use pg::TenantTx;

use super::{
    Means, audited, can_be_given,
    update_task::{self, UpdateTaskError},
};
use crate::{
    domain::{
        change::{Verb, beginning},
        suggestion::{Effect, Status, Suggestion},
    },
    failure::Failure,
    ledger::{Actor, Entry},
    present::Shown,
    sealed,
    store::suggestions,
};

/// Why the suggestion is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcceptSuggestionError {
    /// Not there, or not for this member; or its task is gone.
    #[error("no such suggestion")]
    NotFound,
    /// Somebody has rejected it.
    #[error("the suggestion was rejected")]
    Rejected,
    /// The provider decides what its task says.
    #[error("the provider decides what the task says")]
    Mirrored,
    /// The list is not there or not for this member.
    #[error("no such list")]
    NoSuchList,
    /// The assignee is no active member who sees the list.
    #[error("this member cannot be given the task")]
    Assignee,
    /// Something beneath failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<pg::PgError> for AcceptSuggestionError {
    fn from(error: pg::PgError) -> Self {
        Self::Failure(error.into())
    }
}

/// Accepts a suggestion. Whoever accepts it again, or at the same time, gets the same task.
pub(crate) async fn run(
    means: &Means,
    permit: Permit<DecideSuggestions>,
    id: SuggestionId,
    list: Option<ListId>,
) -> Result<Shown, AcceptSuggestionError> {
    let (org, member) = (permit.org(), permit.member());
    let mut tx = means.begin(&permit).await?;
    let row = suggestions::lock_visible(&mut tx, id.uuid()).await?.ok_or(AcceptSuggestionError::NotFound)?;
    let suggestion = sealed::suggestion(&means.ledger.keyring, org, row).await?;
    let task = match (suggestion.status, suggestion.effect) {
        (Status::Rejected, _) => return Err(AcceptSuggestionError::Rejected),
        (Status::Accepted, _) => suggestion.task.ok_or(AcceptSuggestionError::NotFound)?,
        (Status::Open, Effect::Create) => make(means, &mut tx, member, &suggestion, list).await?,
        (Status::Open, Effect::State(_) | Effect::Assign | Effect::Reschedule) => {
            change(means, &mut tx, member, &suggestion).await?
        }
    };
    if suggestion.status == Status::Open {
        means.ledger.prove(&mut tx, &suggestion, task).await?;
        let (accepted, now) = (Status::Accepted.as_str(), means.now_us());
        suggestions::decide(&mut tx, id.uuid(), accepted, Some(task.uuid()), Some(member.uuid()), now)
            .await?;
        let audit = audited(org, "suggestion.accepted", id.to_string(), member, now);
        means.ledger.emitter.append(&mut tx, [audit]).await.map_err(Failure::from)?;
    }
    let shown = means.shown(&mut tx, task.uuid()).await?.ok_or(AcceptSuggestionError::NotFound)?;
    means.commit(tx).await?;
    Ok(shown)
}

/// Makes the task.
async fn make(
    means: &Means,
    tx: &mut TenantTx,
    member: MemberId,
    suggestion: &Suggestion,
    list: Option<ListId>,
) -> Result<TaskId, AcceptSuggestionError> {
    let (list, audience) = means.list(tx, list).await?.ok_or(AcceptSuggestionError::NoSuchList)?;
    if !can_be_given(tx, suggestion.assignee, audience).await? {
        return Err(AcceptSuggestionError::Assignee);
    }
    let task = suggestion.as_task(tx.org(), list, means.now_us());
    let (id, fields) = (task.id, beginning(&task));
    let entry = Entry { task, verb: Verb::Created, actor: Actor::Member(member), fields };
    means.ledger.record(tx, vec![entry]).await?;
    Ok(id)
}

/// Changes the task that the message speaks of.
async fn change(
    means: &Means,
    tx: &mut TenantTx,
    member: MemberId,
    suggestion: &Suggestion,
) -> Result<TaskId, AcceptSuggestionError> {
    let id = suggestion.task.ok_or(AcceptSuggestionError::NotFound)?;
    let found = means.lock(tx, id.uuid()).await?.filter(|task| !task.deleted);
    let before = found.ok_or(AcceptSuggestionError::NotFound)?;
    let after = suggestion.applied(&before);
    let changed = update_task::change(means, tx, &before, after, Verb::Updated, member).await;
    changed.map_err(|error| match error {
        UpdateTaskError::Failure(failure) => failure.into(),
        UpdateTaskError::NotFound | UpdateTaskError::Stale => AcceptSuggestionError::NotFound,
        UpdateTaskError::Mirrored => AcceptSuggestionError::Mirrored,
        UpdateTaskError::NoSuchList => AcceptSuggestionError::NoSuchList,
        UpdateTaskError::Assignee => AcceptSuggestionError::Assignee,
    })?;
    Ok(id)
}
