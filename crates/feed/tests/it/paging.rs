//! Pages are a snapshot: whoever writes meanwhile takes nothing from a reader and shows nothing twice.

use std::collections::{HashMap, HashSet};

use access::Role;
use proto::{events::v1::Verb, feed::v1 as api};
use tonic::Code;

use crate::ground::{Ground, Say};

async fn read_all(asker: &crate::ground::Asker, request: api::ListStoriesRequest) -> Vec<String> {
    let (mut request, mut ids) = (request, Vec::new());
    loop {
        let page = asker.page(request.clone()).await.unwrap();
        ids.extend(page.stories.into_iter().map(|story| story.id));
        if page.next_cursor.is_empty() {
            return ids;
        }
        request.cursor = page.next_cursor;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_every_story_once_while_stories_move_come_and_go() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, by) = (org.id(), org.account("W", None).await);
    org.share(source, "#busy", org.id.uuid(), 1).await;
    let start = ground.now_us() - 3_600_000_000;
    let stories: Vec<_> = (0..60).map(|n| (org.id(), org.id(), n)).collect();
    org.say(stories.iter().map(|(thing, item, n)| {
        Say::message(source, *thing, *item, by, start + n * 1_000_000, &format!("story {n}"))
    }))
    .await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    let mut request = api::ListStoriesRequest { scope: "org".into(), limit: 7, ..Default::default() };
    let mut seen: Vec<String> = Vec::new();
    let mut deleted = HashSet::new();
    let mut round = 0;
    loop {
        let page = asker.page(request.clone()).await.unwrap();
        seen.extend(page.stories.iter().map(|story| story.id.clone()));
        if page.next_cursor.is_empty() {
            break;
        }
        request.cursor = page.next_cursor;
        // Some move to the top (twice, some of them), one is new, one goes.
        let mut says = Vec::new();
        for step in 0..6_i64 {
            let (thing, _, n) = stories[usize::try_from((round * 11 + step * 13) % 60).unwrap()];
            if !deleted.contains(&n) {
                says.push(Say::message(source, thing, org.id(), by, ground.now_us() + step, "again"));
            }
        }
        says.push(Say::message(source, org.id(), org.id(), by, ground.now_us(), "new"));
        let (thing, item, n) = stories[usize::try_from(round * 17 % 60).unwrap()];
        let lone = says.iter().all(|say| say.thing != thing);
        let whole = crate::ground::sql(&format!("select activities from story where story_id = '{thing}'"));
        if lone && whole.trim() == "1" {
            deleted.insert(n);
            let say = Say::message(source, thing, item, by, ground.now_us(), "");
            says.push(Say { verb: Verb::Deleted, ..say });
        }
        org.say(says).await;
        round += 1;
    }
    assert!(round >= 7 && !deleted.is_empty());
    let mut times: HashMap<&String, usize> = HashMap::new();
    seen.iter().for_each(|id| *times.entry(id).or_default() += 1);
    assert!(times.values().all(|count| *count == 1), "no story twice");
    for (thing, _, n) in &stories {
        let id = ids::StoryId::from_uuid(*thing).to_string();
        assert!(times.contains_key(&id) || deleted.contains(n), "story {n} is lost");
    }
    assert!(seen.len() <= 60, "nothing that came later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranked_pages_hold_everything_once_even_if_the_reader_marks_as_they_go() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (member, source) = (org.id(), org.id());
    let mine = org.account("Me", Some(member)).await;
    org.share(source, "#busy", org.id.uuid(), 1).await;
    let start = ground.now_us() - 3_600_000_000;
    let mentioned = org.id();
    let says = (0..25).map(|n| {
        let thing = if n == 0 { mentioned } else { org.id() };
        let mentions = if n == 0 { vec![mine] } else { vec![] };
        Say { mentions, ..Say::message(source, thing, org.id(), org.id(), start + n * 1_000_000, "x") }
    });
    org.say(says.collect::<Vec<_>>()).await;
    let asker = org.asker(member, Role::Member, &[]);
    let mut request = api::ListStoriesRequest {
        scope: "org".into(),
        order: "relevance".into(),
        limit: 4,
        ..Default::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = asker.page(request.clone()).await.unwrap();
        let ids: Vec<String> = page.stories.into_iter().map(|story| story.id).collect();
        let mark = api::MarkSeenRequest { story_ids: ids.clone(), up_to_position: 0 };
        asker.client().mark_seen(asker.with(mark)).await.unwrap();
        seen.extend(ids);
        if page.next_cursor.is_empty() {
            break;
        }
        request.cursor = page.next_cursor;
    }
    assert_eq!(seen[0], ids::StoryId::from_uuid(mentioned).to_string(), "a mention comes first");
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (25, 25));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sources_and_few_give_the_same_order() {
    let ground = Ground::start().await;
    let org = ground.org();
    let start = ground.now_us() - 3_600_000_000;
    let mut expected = Vec::new();
    for n in 0..12_i64 {
        let (source, thing) = (org.id(), org.id());
        org.share(source, "#one", org.id.uuid(), 1).await;
        org.say([Say::message(source, thing, org.id(), org.id(), start + n, "x")]).await;
        expected.insert(0, ids::StoryId::from_uuid(thing).to_string());
        if n == 4 || n == 11 {
            let asker = org.asker(org.id(), Role::Member, &[]);
            let request = api::ListStoriesRequest { scope: "org".into(), limit: 2, ..Default::default() };
            assert_eq!(read_all(&asker, request).await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_another_list_is_refused() {
    let ground = Ground::start().await;
    let org = ground.org();
    let source = org.id();
    org.share(source, "#busy", org.id.uuid(), 1).await;
    let now = ground.now_us();
    org.say(
        (0..3).map(|n| Say::message(source, org.id(), org.id(), org.id(), now - n, "x")).collect::<Vec<_>>(),
    )
    .await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    let first = api::ListStoriesRequest { scope: "org".into(), limit: 1, ..Default::default() };
    let cursor = asker.page(first.clone()).await.unwrap().next_cursor;
    assert!(!cursor.is_empty());
    for bad in [
        api::ListStoriesRequest { scope: "me".into(), cursor: cursor.clone(), ..first.clone() },
        api::ListStoriesRequest { unseen_only: true, cursor: cursor.clone(), ..first.clone() },
        api::ListStoriesRequest { order: "relevance".into(), cursor: cursor.clone(), ..first.clone() },
        api::ListStoriesRequest { cursor: "nonsense".into(), ..first.clone() },
    ] {
        let refused = asker.page(bad).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.metadata().get(rpc::FIELD).unwrap(), "cursor");
    }
    // Another organization's cursor is none of this one's.
    let foreign = ground.org().asker(org.id(), Role::Member, &[]);
    let refused = foreign.page(api::ListStoriesRequest { cursor, ..first }).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
