//! A page of stories, cut as of one position of the feed: what moves while somebody pages is neither lost nor shown twice.

use access::{Caller, Permit, Role, action::ReadFeed};
use pg::{PgError, TenantTx};
use uuid::Uuid;

use super::{Failure, Ground, telling};
use crate::{
    domain::{
        cursor::{BadCursor, Cursor, fingerprint},
        rank,
        scope::{Order, Scope},
    },
    store::{
        self,
        page::{Asked, Place, Sight, Window},
    },
};

/// Most stories on a page.
const MOST: u32 = 100;
/// Stories on a page when nothing is said.
const USUAL: u32 = 50;
/// Newest visible stories among which relevance decides.
const CANDIDATES: i64 = 500;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose stories.
    pub scope: Scope,
    /// In which order.
    pub order: Order,
    /// How many; 0: as usual.
    pub limit: u32,
    /// Where the page before ended; empty: from the beginning.
    pub cursor: String,
    /// Only what the caller has not seen.
    pub unseen_only: bool,
}

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The stories, in order.
    pub stories: Vec<telling::Story>,
    /// For the next page; empty: this is the last.
    pub next_cursor: String,
    /// The position as of which pages are cut.
    pub pos: i64,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The team is none of the caller's.
    #[error("no such team")]
    NoTeam,
    /// Not a cursor of this list.
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    /// Neither.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<PgError> for ListError {
    fn from(error: PgError) -> Self {
        Self::Failure(error.into())
    }
}

/// Reads a page.
pub(crate) async fn run(
    ground: &Ground,
    permit: &Permit<ReadFeed>,
    ask: Ask,
    now_us: i64,
) -> Result<Page, ListError> {
    let scope = permit.scope();
    let unseen = if ask.unseen_only { "unseen" } else { "" };
    let print = fingerprint(permit.org(), &["stories", &ask.scope.to_string(), ask.order.word(), unseen]);
    let cursor = Cursor::decode(&ask.cursor, print)?;
    let mut tx = TenantTx::begin(&ground.pool, &scope).await?;
    let sight = store::page::sight(&mut tx).await?;
    let asked = asked(&mut tx, &sight, permit.caller(), ask.scope).await?.ok_or(ListError::NoTeam)?;
    let as_of = cursor.map_or(sight.pos, |cursor| cursor.as_of);
    let begun_us = cursor.map_or(now_us, |cursor| cursor.begun_us);
    let limit = usize::try_from(if ask.limit == 0 { USUAL } else { ask.limit.min(MOST) }).unwrap_or(1);
    let key = cursor.map(|cursor| (cursor.key, cursor.id));
    let window = Window { as_of, key: None, unseen_only: ask.unseen_only, limit: CANDIDATES };
    let mut ranked: Vec<(i64, Uuid)> = match ask.order {
        Order::Time => {
            let limit = i64::try_from(limit + 1).unwrap_or(CANDIDATES);
            let places =
                store::page::places(&mut tx, &sight, &asked, Window { key, limit, ..window }).await?;
            places.into_iter().map(|place| (place.sort_us, place.story)).collect()
        }
        Order::Relevance => {
            let places = store::page::places(&mut tx, &sight, &asked, window).await?;
            after(key, rank(&mut tx, &sight, &places, begun_us).await?)
        }
    };
    let more = ranked.len() > limit;
    ranked.truncate(limit);
    let last = ranked.last().filter(|_| more);
    let next = last.map(|(key, id)| Cursor { as_of, begun_us, key: *key, id: *id }.encode(print));
    let ids: Vec<Uuid> = ranked.iter().map(|(_, story)| *story).collect();
    let stories = telling::tell(ground, &mut tx, &scope, &sight, &ids).await?;
    tx.commit().await?;
    Ok(Page { stories, next_cursor: next.unwrap_or_default(), pos: as_of })
}

/// Best first, with the scores.
async fn rank(
    tx: &mut TenantTx,
    sight: &Sight,
    places: &[Place],
    begun_us: i64,
) -> Result<Vec<(i64, Uuid)>, PgError> {
    let weighed = store::tell::weigh(tx, sight, places, begun_us).await?;
    let mut scored: Vec<_> =
        weighed.into_iter().map(|story| (rank::score(&story, begun_us), story)).collect();
    rank::sort(&mut scored);
    Ok(scored.into_iter().map(|(score, story)| (score, story.story)).collect())
}

fn after(key: Option<(i64, Uuid)>, ranked: Vec<(i64, Uuid)>) -> Vec<(i64, Uuid)> {
    match key {
        Some(key) => ranked.into_iter().filter(|place| *place < key).collect(),
        None => ranked,
    }
}

/// The part of what is visible that a scope means; `None` for a team that the caller may not ask about.
pub(crate) async fn asked(
    tx: &mut TenantTx,
    sight: &Sight,
    caller: &Caller,
    scope: Scope,
) -> Result<Option<Asked>, PgError> {
    match scope {
        Scope::Org => Ok(Some(Asked { all: true, ..Asked::default() })),
        Scope::Me => Ok(Some(Asked { persons: sight.me.clone(), ..Asked::default() })),
        Scope::Team(team) if caller.teams().contains(&team) || caller.role() >= Role::Admin => {
            store::page::team(tx, team.uuid(), sight).await
        }
        Scope::Team(_) => Ok(None),
    }
}
