//! How much and how often.

use proto::identity::v1 as identity;
use reqwest::Method;

use crate::house::{House, Wish, header, problem};

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let house = House::with(Wish { requests_per_minute: 3, ..Wish::default() }).await;
    house.fake.unary("oz.identity.v1.MeService/GetMe", |_: identity::GetMeRequest| {
        Ok(identity::GetMeResponse::default())
    });
    for left in ["2", "1", "0"] {
        let answer = house.get("/api/v1/me").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "ratelimit-policy"), "\"api\";q=3;w=60");
        assert!(
            header(&answer, "ratelimit").starts_with(&format!("\"api\";r={left};t=")),
            "{:?}",
            answer.headers()
        );
    }
    let refused = house.get("/api/v1/me").await;
    let seconds: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=20).contains(&seconds), "{seconds}");
    assert!(header(&refused, "ratelimit").starts_with("\"api\";r=0"));
    assert_eq!(problem(refused).await.0, 429);
    let other = house.bare(Method::GET, "/api/v1/me").bearer_auth(format!("{}-other", house.token()));
    assert_eq!(other.send().await.unwrap().status(), 200, "others are not held up");
    assert_eq!(house.bare(Method::GET, "/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_large_body_is_refused_with_and_without_a_key() {
    let house = House::start().await;
    let body = format!("{{\"title\":\"{}\"}}", "x".repeat(1 << 20));
    let post = || {
        house
            .request(Method::POST, "/api/v1/tasks")
            .header("content-type", "application/json")
            .body(body.clone())
    };
    assert_eq!(problem(post().send().await.unwrap()).await.0, 413);
    assert_eq!(problem(post().header("idempotency-key", "k").send().await.unwrap()).await.0, 413);
}
