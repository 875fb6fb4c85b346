//! The feed as server-sent events.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use proto::feed::v1 as feed;
use reqwest::{Method, Response};
use tokio::sync::mpsc;

use crate::house::{House, problem};

const STREAM: &str = "oz.feed.v1.FeedService/StreamStories";

/// Gives each stream the stories after the position it asks for, then keeps it open, unless told to break off.
fn feed_of(house: &House, newest: i64, break_after: Option<usize>) -> Arc<Mutex<Vec<i64>>> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    house.fake.unary("oz.feed.v1.FeedService/ListStories", move |_: feed::ListStoriesRequest| {
        Ok(feed::ListStoriesResponse { position: newest, ..Default::default() })
    });
    house.fake.stream(STREAM, move |request: feed::StreamStoriesRequest| {
        seen.lock().unwrap().push(request.after_position);
        let (sender, receiver) = mpsc::channel(16);
        let stories = request.after_position + 1..=5;
        for position in stories.take(break_after.unwrap_or(usize::MAX)) {
            let story = feed::Story { id: format!("story_{position}"), position, ..Default::default() };
            let message = feed::StreamStoriesResponse { story: Some(story), position, ..Default::default() };
            sender.try_send(message).unwrap();
        }
        if break_after.is_none() {
            let gone =
                feed::StreamStoriesResponse { removed_story_id: "story_0".into(), position: 6, story: None };
            sender.try_send(gone).unwrap();
            std::mem::forget(sender);
        }
        receiver
    });
    asked
}

/// Reads until the text appears.
async fn until(answer: &mut Response, text: &str) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(text) {
            match answer.chunk().await {
                Ok(Some(chunk)) => read.push_str(&String::from_utf8_lossy(&chunk)),
                _ => break,
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
    assert!(read.contains(text), "{text} in {read}");
    read
}

#[tokio::test]
async fn it_goes_on_after_the_last_event_that_arrived() {
    let house = House::start().await;
    let asked = feed_of(&house, 0, None);
    let resume = house.request(Method::GET, "/api/v1/feed/stream?scope=org").header("last-event-id", "3");
    let mut answer = resume.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let read = until(&mut answer, "id: 6").await;
    assert_eq!(*asked.lock().unwrap(), [3]);
    assert!(!read.contains("story_3") && read.contains("id: 4") && read.contains("event: story"), "{read}");
    assert!(read.contains("event: removed\ndata: {\"id\":\"story_0\"}\nid: 6"), "{read}");
    assert_eq!(
        house.fake.metadata(STREAM)["authorization"],
        format!("Bearer feed:{}", house.token()).as_str()
    );
}

#[tokio::test]
async fn without_a_position_it_begins_now() {
    let house = House::start().await;
    let asked = feed_of(&house, 4, None);
    let mut answer = house.get("/api/v1/feed/stream").await;
    let read = until(&mut answer, "story_5").await;
    assert!(read.contains("id: 4\n"), "the position to come back with is told at once: {read}");
    assert_eq!(*asked.lock().unwrap(), [4]);
}

#[tokio::test]
async fn a_break_behind_the_gateway_loses_nothing() {
    let house = House::start().await;
    let asked = feed_of(&house, 0, Some(2));
    let mut answer = house.get("/api/v1/feed/stream").await;
    let read = until(&mut answer, "story_5").await;
    for position in 1..=5 {
        assert_eq!(read.matches(&format!("\"story_{position}\"")).count(), 1, "{read}");
    }
    assert_eq!(asked.lock().unwrap()[..3], [0, 2, 4]);
}

#[tokio::test]
async fn shutdown_ends_it() {
    let house = House::start().await;
    feed_of(&house, 0, None);
    let mut answer = house.get("/api/v1/feed/stream").await;
    until(&mut answer, "id: 6").await;
    house.supervisor.shutdown().cancel();
    let end = tokio::time::timeout(Duration::from_secs(3), answer.chunk()).await.expect("it ends");
    assert!(matches!(end, Ok(None) | Err(_)));
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let house = House::start().await;
    let answer =
        house.request(Method::GET, "/api/v1/feed/stream").header("last-event-id", "x").send().await.unwrap();
    assert_eq!(problem(answer).await.0, 422);
    assert_eq!(problem(house.get("/api/v1/feed/stream?after=-1").await).await.0, 422);
}
