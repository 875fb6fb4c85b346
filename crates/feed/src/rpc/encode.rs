//! The service's own words as the wire's.

use ids::{MemberId, SourceId, StoryId};
use proto::{events::v1 as common, feed::v1 as wire};
use uuid::Uuid;

use crate::{
    domain::vocabulary::MuteKind,
    usecase::{list_mutes, search, stream_stories::Sent, telling},
};

pub(super) fn story(story: telling::Story) -> wire::Story {
    wire::Story {
        id: StoryId::from_uuid(story.id).to_string(),
        kind: story.kind.word().to_owned(),
        title: story.title,
        summary: story.summary,
        actors: story.actors.into_iter().map(person).collect(),
        source: Some(source(story.source)),
        occurred_at_us: story.first_us,
        updated_at_us: story.newest_us,
        activities: story.activities.into_iter().map(activity).collect(),
        activity_count: story.count,
        why: story
            .why
            .into_iter()
            .map(|why| wire::Why { code: why.code.to_owned(), text: why.text })
            .collect(),
        seen: story.seen,
        url: story.url,
        position: story.pos,
    }
}

fn activity(activity: telling::Activity) -> wire::Activity {
    wire::Activity {
        verb: activity.verb.word().to_owned(),
        kind: activity.kind.word().to_owned(),
        item_id: activity.kind.public_id(activity.item),
        title: activity.title,
        url: activity.url,
        occurred_at_us: activity.occurred_us,
        actor: Some(person(activity.actor)),
    }
}

fn person(person: telling::Person) -> common::Person {
    common::Person {
        account_id: person.account.as_ref().map(Uuid::to_string).unwrap_or_default(),
        member_id: person.member.map(|member| MemberId::from_uuid(member).to_string()).unwrap_or_default(),
        name: person.name,
        bot: person.bot,
    }
}

fn source(source: telling::SourceRef) -> common::SourceRef {
    let id = source.id.map(|id| SourceId::from_uuid(id).to_string()).unwrap_or_default();
    common::SourceRef { id, provider: source.provider, key: source.key }
}

pub(super) fn sent((sent, position): (Sent, i64)) -> wire::StreamStoriesResponse {
    let (told, removed) = match sent {
        Sent::Changed(told) => (Some(story(*told)), String::new()),
        Sent::Gone(id) => (None, StoryId::from_uuid(id).to_string()),
        Sent::Alive => (None, String::new()),
    };
    wire::StreamStoriesResponse { story: told, removed_story_id: removed, position }
}

pub(super) fn mute(mute: list_mutes::Mute) -> wire::Mute {
    let id = match mute.kind {
        MuteKind::Source => SourceId::from_uuid(mute.id).to_string(),
        MuteKind::Story => StoryId::from_uuid(mute.id).to_string(),
        MuteKind::Actor => mute.id.to_string(),
    };
    wire::Mute { kind: mute.kind.word().to_owned(), id, created_at_us: mute.created_us }
}

pub(super) fn found(found: search::Found) -> wire::SearchResponse {
    wire::SearchResponse {
        hits: found.hits.into_iter().map(hit).collect(),
        next_cursor: found.next_cursor,
        total: found.total,
        total_is_lower_bound: found.at_least,
        facets: found.facets.into_iter().map(facet).collect(),
    }
}

fn hit(hit: search::Hit) -> wire::Hit {
    wire::Hit {
        id: hit.kind.public_id(hit.id),
        kind: hit.kind.word().to_owned(),
        title: hit.title,
        snippet: hit.snippet,
        source: Some(source(hit.source)),
        author: Some(person(hit.author)),
        occurred_at_us: hit.occurred_us,
        url: hit.url,
        score: hit.score,
    }
}

fn facet(facet: search::Facet) -> wire::Facet {
    let values = facet.values.into_iter();
    let values =
        values.map(|value| wire::FacetValue { value: value.value, label: value.label, count: value.count });
    wire::Facet { name: facet.name.to_owned(), values: values.collect() }
}
