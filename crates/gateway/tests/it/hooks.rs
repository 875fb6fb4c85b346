//! Deliveries on their way to the hook door.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, http::HeaderMap, routing::post};
use reqwest::Method;
use tokio::net::TcpListener;

use crate::house::{House, Wish, header, problem};

type Seen = Arc<Mutex<Option<(HeaderMap, usize)>>>;

/// A door that takes everything but what is called `bad`.
async fn door() -> (String, Seen) {
    let seen = Seen::default();
    let keep = Arc::clone(&seen);
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let refused = body == "bad";
        *keep.lock().unwrap() = Some((headers, body.len()));
        if refused { (http::StatusCode::UNAUTHORIZED, "no") } else { (http::StatusCode::ACCEPTED, "") }
    };
    let app = Router::new().route("/hooks/github/int_1", post(take)).layer(DefaultBodyLimit::disable());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut supervisor = lifecycle::Supervisor::new();
    supervisor.spawn("door", async move { axum::serve(listener, app).await });
    std::mem::forget(supervisor);
    (url, seen)
}

#[tokio::test]
async fn a_delivery_passes_as_it_is_and_the_answer_too() {
    let (hooks_url, seen) = door().await;
    let house = House::with(Wish { hooks_url, ..Wish::default() }).await;
    let deliver = |body: &'static str| {
        let request =
            house.bare(Method::POST, "/hooks/github/int_1?a=b").header("x-hub-signature-256", "sha256=1");
        request.header("cookie", "__Host-oz=s").header("authorization", "Basic dTpw").body(body).send()
    };
    assert_eq!(deliver("{}").await.unwrap().status(), 202);
    let (headers, length) = seen.lock().unwrap().take().unwrap();
    assert_eq!((headers["x-hub-signature-256"].as_bytes(), length), (b"sha256=1".as_slice(), 2));
    assert_eq!(headers["authorization"], "Basic dTpw", "some providers sign themselves by it");
    assert!(!headers.contains_key("cookie") && headers.contains_key("traceparent"));
    assert_eq!(deliver("bad").await.unwrap().status(), 401);
}

#[tokio::test]
async fn twenty_five_megabytes_pass_and_more_than_the_cap_does_not() {
    let (hooks_url, seen) = door().await;
    let house = House::with(Wish { hooks_url, ..Wish::default() }).await;
    let deliver = |body: reqwest::Body| house.bare(Method::POST, "/hooks/github/int_1").body(body).send();
    assert_eq!(deliver(vec![b'x'; 25 << 20].into()).await.unwrap().status(), 202);
    assert_eq!(seen.lock().unwrap().take().unwrap().1, 25 << 20);
    // Announced, it is refused unread; unannounced, when the cap is passed.
    let unannounced = || {
        reqwest::Body::wrap_stream(futures::stream::iter(
            (0..27).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20])),
        ))
    };
    let outcomes = [deliver(vec![b'x'; 27 << 20].into()).await, deliver(unannounced()).await];
    // The line may be cut before the answer is read, but it is never taken.
    for answer in outcomes.into_iter().flatten() {
        assert_eq!(problem(answer).await.0, 413);
    }
    assert!(seen.lock().unwrap().is_none());
}

#[tokio::test]
async fn a_door_that_is_away_is_no_loss_the_provider_tries_again() {
    let house = House::start().await;
    let answer = house.bare(Method::POST, "/hooks/github/int_1").body("{}").send().await.unwrap();
    assert_eq!(header(&answer, "retry-after"), "1");
    assert_eq!(problem(answer).await.0, 503);
}
