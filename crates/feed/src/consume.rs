//! What the feed does with events: one transaction a batch, a handful of statements each, whatever the order and however often.

mod activity;
mod audience;
mod inbox;
mod index;
mod people;
mod task;

use async_trait::async_trait;
use clock::Clock;
use events::Received;
use keyring::{KeyError, Keyring};
use outbox::{HandleError, Handler};
use pg::TenantTx;
use uuid::Uuid;

use self::inbox::Inbox;
use crate::{
    directory::{Directory, DirectoryError},
    events_content::OpenError,
    store,
    wake::Wakes,
};

/// Applies events to the feed.
#[derive(Debug)]
pub(crate) struct Feeder {
    pub keyring: Keyring,
    pub directory: Directory,
    pub wakes: Wakes,
    pub clock: Clock,
}

#[async_trait]
impl Handler for Feeder {
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        let inbox = Inbox::read(events)?;
        let locked = store::clock::lock(tx).await?;
        if locked.erased {
            return Ok(());
        }
        if inbox.erased {
            return Ok(store::erase::erase(tx).await?);
        }
        people::apply(tx, &inbox).await?;
        let pos = audience::apply(self, tx, &inbox, locked.pos).await?;
        task::apply(self, tx, &inbox).await?;
        let pos = activity::apply(self, tx, &inbox, pos).await?;
        if pos != locked.pos {
            store::clock::set(tx, pos).await?;
        }
        Ok(())
    }

    async fn committed(&self, scope: &access::TenantScope, events: &[Received]) {
        let names_changed = events.iter().any(|event| event.topic() != events::topic::ACTIVITY);
        if names_changed {
            self.directory.forget(scope.org());
        }
        self.wakes.wake(scope.org());
    }
}

/// An identifier of an event; one that is none is poison.
fn id(bytes: &[u8], field: &'static str) -> Result<Uuid, HandleError> {
    Uuid::from_slice(bytes).map_err(|_| HandleError::Poison(format!("{field} is no identifier")))
}

/// An identifier that may be missing.
fn optional_id(bytes: &[u8], field: &'static str) -> Result<Option<Uuid>, HandleError> {
    if bytes.is_empty() { Ok(None) } else { id(bytes, field).map(Some) }
}

impl From<OpenError> for HandleError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Key(error) => of_key(error),
            OpenError::Malformed => Self::Poison(error.to_string()),
        }
    }
}

impl From<DirectoryError> for HandleError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Pg(error) => error.into(),
            DirectoryError::Key(error) => of_key(error),
        }
    }
}

fn of_key(error: KeyError) -> HandleError {
    if error.is_transient() { HandleError::retry(error) } else { HandleError::Poison(error.to_string()) }
}
