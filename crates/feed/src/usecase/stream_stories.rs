//! Stories as they change. A stream reads what changed after its position, in the order of positions, whenever the
//! organization's feed moves, and ends when the caller's rights are no longer those of the token it was opened with.

use std::{collections::VecDeque, time::Duration};

use access::{Caller, Permit, Role, action::ReadFeed};
use lifecycle::Shutdown;
use pg::{PgError, TenantTx};
use tokio::sync::watch;

use super::{Failure, Ground, list_stories::asked, telling};
use crate::{
    domain::scope::Scope,
    store::{self, stream::Change},
};

/// Most changes read at once.
const AT_ONCE: i64 = 100;
/// A sign of life when nothing changes.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What a stream sends.
#[derive(Debug, Clone)]
pub enum Sent {
    /// A story changed.
    Changed(Box<telling::Story>),
    /// A story is gone.
    Gone(uuid::Uuid),
    /// Nothing happened.
    Alive,
}

/// Why a stream ended before the server stopped.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The team is none of the caller's.
    #[error("no such team")]
    NoTeam,
    /// The caller may do less than the token says.
    #[error("rights changed")]
    Rights,
    /// None of these.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<PgError> for StreamError {
    fn from(error: PgError) -> Self {
        Self::Failure(error.into())
    }
}

/// An open stream.
#[derive(Debug)]
pub struct Stream {
    ground: Ground,
    permit: Permit<ReadFeed>,
    scope: Scope,
    position: i64,
    waiting: VecDeque<(Sent, i64)>,
    wakes: watch::Receiver<u64>,
    shutdown: Shutdown,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Something may have changed.
    Read,
    /// Everything is read.
    Wait,
    /// The end was said.
    Ended,
}

/// Opens a stream after a position; 0: from now on.
pub(crate) async fn run(
    ground: Ground,
    permit: Permit<ReadFeed>,
    scope: Scope,
    after: i64,
    wakes: watch::Receiver<u64>,
    shutdown: Shutdown,
) -> Result<Stream, StreamError> {
    let mut tx = TenantTx::begin(&ground.pool, &permit.scope()).await?;
    let sight = store::page::sight(&mut tx).await?;
    asked(&mut tx, &sight, permit.caller(), scope).await?.ok_or(StreamError::NoTeam)?;
    tx.commit().await?;
    let position = if after <= 0 { sight.pos } else { after };
    let waiting = VecDeque::from([(Sent::Alive, position)]);
    Ok(Stream { ground, permit, scope, position, waiting, wakes, shutdown, state: State::Read })
}

impl Stream {
    /// The next thing to send with its position; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<(Sent, i64), StreamError>> {
        loop {
            if let Some(sent) = self.waiting.pop_front() {
                return Some(Ok(sent));
            }
            match self.state {
                State::Ended => return None,
                State::Wait => self.wait().await,
                State::Read => {
                    if let Err(error) = self.read().await {
                        self.state = State::Ended;
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    async fn wait(&mut self) {
        let woken = tokio::select! {
            () = self.shutdown.cancelled() => None,
            changed = self.wakes.changed() => changed.ok().map(|()| true),
            () = tokio::time::sleep(HEARTBEAT) => Some(false),
        };
        self.state = match woken {
            None => State::Ended,
            Some(true) => State::Read,
            Some(false) => {
                self.waiting.push_back((Sent::Alive, self.position));
                State::Read
            }
        };
    }

    async fn read(&mut self) -> Result<(), StreamError> {
        self.wakes.mark_unchanged();
        let scope = self.permit.scope();
        let mut tx = TenantTx::begin(&self.ground.pool, &scope).await?;
        let rights = store::stream::rights(&mut tx).await?;
        if rights.is_some_and(|(active, role, teams)| is_less(self.permit.caller(), active, &role, &teams)) {
            return Err(StreamError::Rights);
        }
        let sight = store::page::sight(&mut tx).await?;
        let asked =
            asked(&mut tx, &sight, self.permit.caller(), self.scope).await?.ok_or(StreamError::NoTeam)?;
        let changes = store::stream::changes(&mut tx, &sight, &asked, self.position, AT_ONCE).await?;
        let changed: Vec<_> =
            changes.iter().filter(|change| !change.gone).map(|change| change.story).collect();
        let told = telling::tell(&self.ground, &mut tx, &scope, &sight, &changed).await?;
        tx.commit().await?;
        let full = i64::try_from(changes.len()).is_ok_and(|read| read == AT_ONCE);
        // A position of the future was never given out: the stream waits there for nothing it could have missed.
        self.position = changes.last().filter(|_| full).map_or(sight.pos.max(self.position), |last| last.pos);
        self.send(&changes, told);
        self.state = if full { State::Read } else { State::Wait };
        Ok(())
    }

    fn send(&mut self, changes: &[Change], told: Vec<telling::Story>) {
        let mut told: std::collections::HashMap<_, _> =
            told.into_iter().map(|story| (story.id, story)).collect();
        for change in changes {
            let sent = match told.remove(&change.story) {
                _ if change.gone => Sent::Gone(change.story),
                Some(story) => Sent::Changed(Box::new(story)),
                None => continue,
            };
            self.waiting.push_back((sent, change.pos));
        }
    }
}

/// Whether identity last told of less than the token says. More is of no harm.
fn is_less(caller: &Caller, active: bool, role: &str, teams: &[uuid::Uuid]) -> bool {
    let weaker = role.parse::<Role>().map_or(true, |role| role < caller.role());
    !active || weaker || caller.teams().iter().any(|team| !teams.contains(&team.uuid()))
}
