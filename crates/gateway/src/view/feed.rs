//! Stories, hits, mutes.

use std::collections::BTreeMap;

use proto::feed::v1 as pb;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Person, Source, Time, some};

/// Activities of one thing, folded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Story {
    id: String,
    kind: String,
    title: String,
    summary: String,
    actors: Vec<Person>,
    source: Source,
    occurred_at: Time,
    updated_at: Time,
    /// The newest at most 20, oldest of these first.
    activities: Vec<Activity>,
    /// How many there are in all.
    activity_count: u32,
    /// Why it is shown to you.
    why: Vec<Reason>,
    seen: bool,
    /// Empty where the provider has none.
    url: String,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activity {
    verb: String,
    kind: String,
    item_id: String,
    title: String,
    url: String,
    occurred_at: Time,
    actor: Person,
}

/// A reason, for programs and for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    pub code: String,
    pub text: String,
}

impl From<pb::Story> for Story {
    fn from(story: pb::Story) -> Self {
        Self {
            id: story.id,
            kind: story.kind,
            title: story.title,
            summary: story.summary,
            actors: story.actors.into_iter().map(Into::into).collect(),
            source: story.source.unwrap_or_default().into(),
            occurred_at: Time::micros(story.occurred_at_us),
            updated_at: Time::micros(story.updated_at_us),
            activities: story.activities.into_iter().map(Into::into).collect(),
            activity_count: story.activity_count,
            why: story.why.into_iter().map(|why| Reason { code: why.code, text: why.text }).collect(),
            seen: story.seen,
            url: story.url,
        }
    }
}

impl From<pb::Activity> for Activity {
    fn from(activity: pb::Activity) -> Self {
        let pb::Activity { verb, kind, item_id, title, url, occurred_at_us, actor } = activity;
        let occurred_at = Time::micros(occurred_at_us);
        Self { verb, kind, item_id, title, url, occurred_at, actor: actor.unwrap_or_default().into() }
    }
}

/// A page of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedPage {
    items: Vec<Story>,
    /// Pass it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
    /// The position as of which the pages are cut: pass it to the stream as `Last-Event-ID` to miss nothing.
    position: i64,
}

impl From<pb::ListStoriesResponse> for FeedPage {
    fn from(page: pb::ListStoriesResponse) -> Self {
        let items = page.stories.into_iter().map(Into::into).collect();
        Self { items, next_cursor: some(page.next_cursor), position: page.position }
    }
}

/// What is kept out of your feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Mute {
    /// `source`, `story` or `actor`.
    kind: String,
    id: String,
    created_at: Time,
}

impl From<pb::Mute> for Mute {
    fn from(mute: pb::Mute) -> Self {
        Self { kind: mute.kind, id: mute.id, created_at: Time::micros(mute.created_at_us) }
    }
}

/// A search result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hit {
    id: String,
    /// `message`, `file`, `task`, `roadmap`, `change` or `event`.
    kind: String,
    title: String,
    /// HTML-escaped, with `<mark>` around what was found.
    snippet: String,
    source: Source,
    author: Person,
    occurred_at: Time,
    url: String,
    score: f64,
}

impl From<pb::Hit> for Hit {
    fn from(hit: pb::Hit) -> Self {
        Self {
            id: hit.id,
            kind: hit.kind,
            title: hit.title,
            snippet: hit.snippet,
            source: hit.source.unwrap_or_default().into(),
            author: hit.author.unwrap_or_default().into(),
            occurred_at: Time::micros(hit.occurred_at_us),
            url: hit.url,
            score: if hit.score.is_finite() { hit.score } else { 0.0 },
        }
    }
}

/// How many hits have a value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FacetValue {
    value: String,
    label: String,
    count: u64,
}

/// A page of search results.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchPage {
    items: Vec<Hit>,
    /// Pass it as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
    total: u64,
    /// True when there are more than were counted.
    total_is_lower_bound: bool,
    /// By `kind`, `source` and `author`.
    facets: BTreeMap<String, Vec<FacetValue>>,
}

impl From<pb::SearchResponse> for SearchPage {
    fn from(page: pb::SearchResponse) -> Self {
        let value = |v: pb::FacetValue| FacetValue { value: v.value, label: v.label, count: v.count };
        let facet = |f: pb::Facet| (f.name, f.values.into_iter().map(value).collect());
        Self {
            items: page.hits.into_iter().map(Into::into).collect(),
            next_cursor: some(page.next_cursor),
            total: page.total,
            total_is_lower_bound: page.total_is_lower_bound,
            facets: page.facets.into_iter().map(facet).collect(),
        }
    }
}
