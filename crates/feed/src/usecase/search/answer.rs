//! Hits and facets with names and words in them.

use std::collections::HashMap;

use chrono::TimeDelta;
use ids::SourceId;
use pg::TenantTx;
use uuid::Uuid;

use super::{Candidate, Failure, SearchError, Searching};
use crate::{
    domain::{document, vocabulary::ItemKind},
    store::search::Found,
    usecase::telling::{self, Person, SourceRef},
};

/// Length of a snippet, in characters.
const SNIPPET: usize = 240;
/// Most values of one facet.
const VALUES: usize = 20;

/// A hit.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The item.
    pub id: Uuid,
    /// What it is.
    pub kind: ItemKind,
    /// Its title, or its first line.
    pub title: String,
    /// HTML, escaped, with marks.
    pub snippet: String,
    /// Where.
    pub source: SourceRef,
    /// Who.
    pub author: Person,
    /// When, microseconds.
    pub occurred_us: i64,
    /// Address.
    pub url: String,
    /// How well it answers.
    pub score: f64,
}

/// Counts of one property.
#[derive(Debug, Clone)]
pub struct Facet {
    /// kind, source, author.
    pub name: &'static str,
    /// Most frequent first.
    pub values: Vec<FacetValue>,
}

/// One value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// For a query.
    pub value: String,
    /// For a person.
    pub label: String,
    /// How often.
    pub count: u64,
}

/// The page's hits.
pub(super) async fn hits(
    searching: &Searching<'_>,
    tx: &mut TenantTx,
    page: Vec<Candidate>,
) -> Result<Vec<Hit>, SearchError> {
    let ground = searching.ground;
    let closed: Vec<Uuid> = page.iter().filter(|hit| hit.item.is_none()).map(|hit| hit.found.id).collect();
    let mut opened =
        if closed.is_empty() { HashMap::new() } else { telling::open(ground, tx, &closed).await? };
    let people = page.iter().map(|hit| hit.found.author);
    let persons = ground.directory.persons(tx, people).await.map_err(Failure::from)?;
    let sources = page.iter().filter_map(|hit| hit.found.source);
    let places = ground.directory.places(tx, sources).await.map_err(Failure::from)?;
    let mut hits = Vec::with_capacity(page.len());
    for hit in page {
        let Found { id, kind, source, author, occurred_us } = hit.found;
        let Some(item) = hit.item.or_else(|| opened.remove(&id)) else { continue };
        let Some(kind) = ItemKind::of(kind.into()) else { continue };
        let place = source.and_then(|source| places.get(&source));
        let body = document::body(&item.content);
        let age = TimeDelta::microseconds(searching.begun_us.saturating_sub(occurred_us));
        let score = || f64::from(blind::score(&searching.query, &item.content.title, &body, age));
        hits.push(Hit {
            id,
            kind,
            title: item.content.own_title(),
            snippet: blind::snippet(&body, &searching.query, SNIPPET),
            source: SourceRef {
                id: source,
                provider: place.map(|place| place.provider.clone()).unwrap_or_default(),
                key: place.map(|place| place.key.clone()).unwrap_or_default(),
            },
            author: telling::person(author, false, &persons, item.says(author)),
            occurred_us,
            url: item.content.url.clone(),
            score: if hit.score > 0.0 { hit.score } else { score() },
        });
    }
    Ok(hits)
}

/// Counts among the newest matches, most frequent first.
pub(super) async fn facets(
    searching: &Searching<'_>,
    tx: &mut TenantTx,
    window: &[Found],
) -> Result<Vec<Facet>, SearchError> {
    let kinds = most(window.iter().filter_map(|found| ItemKind::of(found.kind.into())));
    let sources = most(window.iter().filter_map(|found| found.source));
    let authors = most(window.iter().map(|found| found.author).filter(|author| !author.is_nil()));
    let directory = &searching.ground.directory;
    let places = directory.places(tx, sources.iter().map(|(id, _)| *id)).await.map_err(Failure::from)?;
    let persons = directory.persons(tx, authors.iter().map(|(id, _)| *id)).await.map_err(Failure::from)?;
    let kinds = kinds.into_iter().map(|(kind, count)| {
        let word = kind.word().to_owned();
        FacetValue { value: word.clone(), label: word, count }
    });
    let sources = sources.into_iter().map(|(id, count)| {
        let label = places.get(&id).map(|place| place.key.clone()).unwrap_or_default();
        FacetValue { value: SourceId::from_uuid(id).to_string(), label, count }
    });
    let authors = authors.into_iter().map(|(id, count)| {
        let label = persons.get(&id).map(|known| known.name.clone()).unwrap_or_default();
        FacetValue { value: id.to_string(), label, count }
    });
    Ok(vec![
        Facet { name: "kind", values: kinds.collect() },
        Facet { name: "source", values: sources.collect() },
        Facet { name: "author", values: authors.collect() },
    ])
}

fn most<T: std::hash::Hash + Eq + Copy>(values: impl Iterator<Item = T>) -> Vec<(T, u64)> {
    let mut counts: HashMap<T, u64> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(T, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(VALUES);
    counts
}
