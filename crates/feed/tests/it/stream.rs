//! Streams: what changed, in order, from where the reader was, and to nobody else.

use std::time::Duration;

use access::Role;
use ids::StoryId;
use proto::{
    events::v1::Verb,
    feed::v1::{self as api, StreamStoriesResponse},
};
use tonic::{Code, Status, Streaming};

use crate::ground::{Asker, Ground, Say};

async fn open(asker: &Asker, scope: &str, after_position: i64) -> Streaming<StreamStoriesResponse> {
    let request = api::StreamStoriesRequest { scope: scope.into(), after_position };
    asker.client().stream_stories(asker.with(request)).await.unwrap().into_inner()
}

/// The next message that is more than a sign of life; `None` when nothing comes within `patience`.
async fn next(
    stream: &mut Streaming<StreamStoriesResponse>,
    patience: u64,
) -> Option<Result<StreamStoriesResponse, Status>> {
    let told = async {
        loop {
            match stream.message().await {
                Ok(Some(sent)) if sent.story.is_none() && sent.removed_story_id.is_empty() => {}
                Ok(Some(sent)) => return Some(Ok(sent)),
                Ok(None) => return None,
                Err(status) => return Some(Err(status)),
            }
        }
    };
    tokio::time::timeout(Duration::from_millis(patience), told).await.ok().flatten()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_what_changed_and_can_be_resumed_without_a_gap() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, thing, item, by) = (org.id(), org.id(), org.id(), org.account("S", None).await);
    org.share(source, "#live", org.id.uuid(), 1).await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    let mut live = open(&asker, "org", 0).await;
    assert!(live.message().await.unwrap().unwrap().story.is_none(), "a sign of life at once");
    let now = ground.now_us();
    let first = Say::message(source, thing, item, by, now, "one");
    org.say([first.clone()]).await;
    let told = next(&mut live, 2_000).await.unwrap().unwrap();
    assert_eq!(told.story.unwrap().title, "one");
    let position = told.position;
    drop(live);

    org.say([Say::message(source, org.id(), org.id(), by, now + 1, "two")]).await;
    org.say([Say::message(source, org.id(), org.id(), by, now + 2, "three")]).await;
    let mut resumed = open(&asker, "org", position).await;
    let mut titles = Vec::new();
    let mut last = position;
    for _ in 0..2 {
        let told = next(&mut resumed, 2_000).await.unwrap().unwrap();
        assert!(told.position > last);
        last = told.position;
        titles.push(told.story.unwrap().title);
    }
    assert_eq!(titles, ["two", "three"]);
    org.say([Say { verb: Verb::Deleted, at: now + 9, ..first }]).await;
    let told = next(&mut resumed, 2_000).await.unwrap().unwrap();
    assert_eq!(told.removed_story_id, StoryId::from_uuid(thing).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_nothing_that_its_reader_may_not_see_and_says_when_a_source_closes() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, closed, team, by) = (org.id(), org.id(), org.id(), org.account("S", None).await);
    org.share(source, "#live", org.id.uuid(), 1).await;
    org.share(closed, "#closed", team, 1).await;
    let (outsider, insider) =
        (org.asker(org.id(), Role::Member, &[]), org.asker(org.id(), Role::Member, &[team]));
    let (mut out, mut inside) = (open(&outsider, "org", 0).await, open(&insider, "org", 0).await);
    let foreign = ground.org();
    let mut elsewhere = open(&foreign.asker(foreign.id(), Role::Owner, &[]), "org", 0).await;
    for stream in [&mut out, &mut inside, &mut elsewhere] {
        stream.message().await.unwrap();
    }
    let (secret, open_story) = (org.id(), org.id());
    org.say([Say::message(closed, secret, org.id(), by, ground.now_us(), "secret")]).await;
    assert_eq!(next(&mut inside, 2_000).await.unwrap().unwrap().story.unwrap().title, "secret");
    org.say([Say::message(source, open_story, org.id(), by, ground.now_us(), "open")]).await;
    assert_eq!(next(&mut out, 2_000).await.unwrap().unwrap().story.unwrap().title, "open");
    assert_eq!(next(&mut inside, 2_000).await.unwrap().unwrap().story.unwrap().title, "open");

    // The open source is narrowed to the team: gone for the outsider, still there for the insider.
    org.share(source, "#live", team, 2).await;
    let told = next(&mut out, 2_000).await.unwrap().unwrap();
    assert_eq!(told.removed_story_id, StoryId::from_uuid(open_story).to_string());
    assert!(next(&mut inside, 300).await.is_none());
    assert!(outsider.list("org").await.is_empty());
    org.unshare(closed, 2).await;
    let told = next(&mut inside, 2_000).await.unwrap().unwrap();
    assert_eq!(told.removed_story_id, StoryId::from_uuid(secret).to_string());
    assert!(next(&mut out, 300).await.is_none());
    assert!(next(&mut elsewhere, 100).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_reader_may_less_than_when_it_began() {
    let ground = Ground::start().await;
    let org = ground.org();
    let member = org.id();
    org.member(member, "Mo", "member", true).await;
    let mut stream = open(&org.asker(member, Role::Member, &[]), "org", 0).await;
    stream.message().await.unwrap();
    org.member(member, "Mo", "member", false).await;
    assert_eq!(next(&mut stream, 2_000).await.unwrap().unwrap_err().code(), Code::Unauthenticated);
}
