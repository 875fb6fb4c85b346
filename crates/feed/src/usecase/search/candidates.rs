//! From matches of the blind index to the page: newest first as they come, phrases checked, or ranked.

use std::cmp::Reverse;

use chrono::TimeDelta;
use pg::TenantTx;
use uuid::Uuid;

use super::{RANKED, SearchError, Searching, WINDOW};
use crate::{
    domain::{document, scope::Order},
    store::{self, search::Found},
    usecase::telling::{self, Item},
};

/// Rounds of candidates that one page of a rare phrase may cost; the next page goes on where it ended.
const ROUNDS: usize = 3;
/// Contents opened before other requests get a turn.
const BREATH: usize = 100;

/// A match that goes on the page.
pub(crate) struct Candidate {
    pub found: Found,
    /// What the page is ordered by: time, or score in thousandths.
    pub key: i64,
    pub score: f64,
    /// Opened already, where that was needed to decide.
    pub item: Option<Item>,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Listed {
    /// One more than asked for, if there are more.
    pub page: Vec<Candidate>,
    /// The newest matches, for facets.
    pub window: Vec<Found>,
    pub total: u64,
    pub at_least: bool,
    /// What the next page needs to know: the total, or the newest match that was ranked.
    pub as_of: i64,
    /// There may be more beyond the candidates looked at,
    pub more: bool,
    /// so the next page goes on after this one,
    pub resume: Option<(i64, Uuid)>,
    /// because the page holds all that passed.
    pub exhausted: bool,
}

/// Finds the page.
pub(crate) async fn list(searching: &Searching<'_>, tx: &mut TenantTx) -> Result<Listed, SearchError> {
    match (searching.order, searching.query.needs_phrase_check()) {
        (Order::Relevance, _) => ranked(searching, tx).await,
        (Order::Time, true) => checked(searching, tx).await,
        (Order::Time, false) => newest(searching, tx).await,
    }
}

fn candidate(found: Found) -> Candidate {
    Candidate { found, key: found.occurred_us, score: 0.0, item: None }
}

/// The index decides alone.
async fn newest(searching: &Searching<'_>, tx: &mut TenantTx) -> Result<Listed, SearchError> {
    let wanted = i32::try_from(searching.limit + 1).unwrap_or(WINDOW);
    if let Some(cursor) = searching.cursor {
        let key = Some((cursor.key, cursor.id));
        let found = store::search::newest(tx, &searching.question, key, wanted).await?;
        let page = found.into_iter().map(candidate).collect();
        let (total, at_least) = unpack(cursor.as_of);
        return Ok(Listed { page, total, at_least, as_of: cursor.as_of, ..Listed::default() });
    }
    let window = store::search::newest(tx, &searching.question, None, WINDOW).await?;
    let (total, at_least) = (window.len() as u64, is_full(window.len()));
    let page = window.iter().take(searching.limit + 1).copied().map(candidate).collect();
    Ok(Listed { page, window, total, at_least, as_of: pack(total, at_least), ..Listed::default() })
}

/// The words decide too: candidates are opened until the page is full.
async fn checked(searching: &Searching<'_>, tx: &mut TenantTx) -> Result<Listed, SearchError> {
    let mut listed = Listed::default();
    let mut key = searching.cursor.map(|cursor| (cursor.key, cursor.id));
    for round in 0..ROUNDS {
        let found = store::search::newest(tx, &searching.question, key, WINDOW).await?;
        let end = found.last().map(|last| (last.occurred_us, last.id));
        listed.more = is_full(found.len());
        let passed = open(searching, tx, found).await?;
        if round == 0 && searching.cursor.is_none() {
            listed.window = passed.iter().map(|candidate| candidate.found).collect();
            (listed.total, listed.at_least) = (passed.len() as u64, listed.more);
        }
        listed.page.extend(passed);
        listed.resume = end;
        key = end;
        if listed.page.len() > searching.limit || !listed.more {
            break;
        }
    }
    listed.as_of = pack(listed.total, listed.at_least);
    if let Some(cursor) = searching.cursor {
        (listed.as_of, (listed.total, listed.at_least)) = (cursor.as_of, unpack(cursor.as_of));
    }
    listed.exhausted = listed.page.len() <= searching.limit;
    Ok(listed)
}

/// The newest matches compete.
async fn ranked(searching: &Searching<'_>, tx: &mut TenantTx) -> Result<Listed, SearchError> {
    let mut question = searching.question.clone();
    if let Some(cursor) = searching.cursor {
        // What came after the first page does not compete.
        let until = cursor.as_of.saturating_add(1);
        question.before_us = Some(question.before_us.map_or(until, |before| before.min(until)));
    }
    let mut found = store::search::newest(tx, &question, None, WINDOW).await?;
    let as_of = found.first().map_or(0, |newest| newest.occurred_us);
    let (matches, mut window) = (found.len(), found.clone());
    found.truncate(RANKED);
    let mut page = open(searching, tx, found).await?;
    let mut at_least = is_full(matches);
    if searching.query.needs_phrase_check() {
        at_least = matches > RANKED;
        window = page.iter().map(|candidate| candidate.found).collect();
    }
    let total = window.len() as u64;
    for candidate in &mut page {
        let Some(item) = &candidate.item else { continue };
        let age = TimeDelta::microseconds(searching.begun_us.saturating_sub(candidate.found.occurred_us));
        let body = document::body(&item.content);
        candidate.score = f64::from(blind::score(&searching.query, &item.content.title, &body, age));
        #[expect(clippy::cast_possible_truncation, reason = "scores are small and finite")]
        let key = (candidate.score * 1_000_000.0) as i64;
        candidate.key = key;
    }
    page.sort_by_key(|candidate| Reverse((candidate.key, candidate.found.id)));
    if let Some(cursor) = searching.cursor {
        page.retain(|candidate| (candidate.key, candidate.found.id) < (cursor.key, cursor.id));
    }
    page.truncate(searching.limit + 1);
    Ok(Listed { page, window, total, at_least, as_of, ..Listed::default() })
}

/// Opens candidates and keeps those in which the phrases are.
async fn open(
    searching: &Searching<'_>,
    tx: &mut TenantTx,
    found: Vec<Found>,
) -> Result<Vec<Candidate>, SearchError> {
    let mut passed = Vec::with_capacity(found.len());
    for found in found.chunks(BREATH) {
        let ids: Vec<Uuid> = found.iter().map(|found| found.id).collect();
        let mut items = telling::open(searching.ground, tx, &ids).await?;
        for found in found {
            let Some(item) = items.remove(&found.id) else { continue };
            let phrases = !searching.query.needs_phrase_check()
                || blind::phrase_matches(
                    &item.content.title,
                    &document::body(&item.content),
                    &searching.query,
                );
            if phrases {
                passed.push(Candidate { item: Some(item), ..candidate(*found) });
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(passed)
}

/// Whether there may be matches beyond the window.
fn is_full(matches: usize) -> bool {
    matches >= usize::try_from(WINDOW).unwrap_or(usize::MAX)
}

/// The total in a cursor: negative when it is a lower bound.
fn pack(total: u64, at_least: bool) -> i64 {
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    if at_least { -total } else { total }
}

fn unpack(as_of: i64) -> (u64, bool) {
    (as_of.unsigned_abs(), as_of < 0)
}
