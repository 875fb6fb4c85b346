//! Search: blind terms find the candidates inside the caller's audience, then the opened content of the candidates decides
//! phrases, relevance and snippets.

mod answer;
mod candidates;

use access::{Permit, action::Search};
use blind::{Query, QueryError, SearchKey};
use clock::from_micros;
use pg::{PgError, TenantTx};

pub use self::answer::{Facet, Hit};
use self::candidates::Candidate;
use super::{Failure, Ground};
use crate::{
    domain::{
        cursor::{BadCursor, Cursor, fingerprint},
        scope::Order,
        vocabulary::ItemKind,
    },
    store::{self, search::Question},
};

/// Hits on a page when nothing is said.
const USUAL: u32 = 20;
/// Most hits on a page.
const MOST: u32 = 100;
/// Newest matches that are counted, by facet and in all. Beyond it the total is a lower bound: counting on would read every
/// match, which for a common word costs more than all the rest of the answer.
const WINDOW: i32 = 1_000;
/// Newest matches that are opened and compete for the best places.
const RANKED: usize = 500;

/// What is asked.
#[derive(Clone)]
pub struct Ask {
    /// In the search language.
    pub q: String,
    /// Newest or best first.
    pub order: Order,
    /// How many; 0: as usual.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: String,
}

/// A page of hits.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The hits, in order.
    pub hits: Vec<Hit>,
    /// For the next page; empty: this is the last.
    pub next_cursor: String,
    /// How many match,
    pub total: u64,
    /// at least.
    pub at_least: bool,
    /// Counts by kind, source and author among the newest matches; on the first page.
    pub facets: Vec<Facet>,
}

/// Why nothing was searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query says something it cannot say; the text is for the person who wrote it.
    #[error("query")]
    Query(#[from] QueryError),
    /// Not a cursor of this search.
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    /// Neither.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<PgError> for SearchError {
    fn from(error: PgError) -> Self {
        Self::Failure(error.into())
    }
}

/// One search under way.
pub(crate) struct Searching<'a> {
    pub ground: &'a Ground,
    pub query: Query,
    pub question: Question,
    pub order: Order,
    pub cursor: Option<Cursor>,
    pub begun_us: i64,
    pub limit: usize,
}

/// Answers a search.
pub(crate) async fn run(
    ground: &Ground,
    permit: &Permit<Search>,
    ask: Ask,
    now_us: i64,
) -> Result<Found, SearchError> {
    let print = fingerprint(permit.org(), &["search", &ask.q, ask.order.word()]);
    let cursor = Cursor::decode(&ask.cursor, print)?;
    let begun_us = cursor.map_or(now_us, |cursor| cursor.begun_us);
    // Later pages mean the same days as the first one.
    let query = blind::parse(&ask.q, from_micros(begun_us))?;
    let keys = ground.keyring.keys(permit.org()).await.map_err(Failure::Key)?;
    let mut tx = TenantTx::begin(&ground.pool, &permit.scope()).await?;
    let me: Vec<String> = store::search::me(&mut tx).await?.iter().map(ToString::to_string).collect();
    let key = SearchKey::new(keys.search().expose());
    let question = question(&query, query.to_tsquery(&key, &me).text);
    let limit = usize::try_from(if ask.limit == 0 { USUAL } else { ask.limit.min(MOST) }).unwrap_or(1);
    let searching = Searching { ground, query, question, order: ask.order, cursor, begun_us, limit };
    let mut listed = candidates::list(&searching, &mut tx).await?;
    let more = listed.page.len() > limit || listed.more;
    listed.page.truncate(limit);
    let resume = listed.page.last().map(|last| (last.key, last.found.id)).filter(|_| !listed.exhausted);
    let next = resume.or(listed.resume).filter(|_| more).map(|(key, id)| {
        let as_of = listed.as_of;
        Cursor { as_of, begun_us, key, id }.encode(print)
    });
    let facets = if cursor.is_none() {
        answer::facets(&searching, &mut tx, &listed.window).await?
    } else {
        Vec::new()
    };
    let hits = answer::hits(&searching, &mut tx, listed.page).await?;
    tx.commit().await?;
    let next_cursor = next.unwrap_or_default();
    Ok(Found { hits, next_cursor, total: listed.total, at_least: listed.at_least, facets })
}

fn question(query: &Query, text: Option<String>) -> Question {
    let filters = query.filters();
    let kinds = |kinds: &[blind::Kind]| kinds.iter().map(|kind| ItemKind::of_query(*kind).number()).collect();
    Question {
        query: text,
        kinds: kinds(&filters.kinds),
        not_kinds: kinds(&filters.not_kinds),
        after_us: filters.after.map(|at| at.timestamp_micros()),
        before_us: filters.before.map(|at| at.timestamp_micros()),
    }
}
