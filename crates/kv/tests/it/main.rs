//! The promises of this crate against a real Redis.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::time::Duration;

use clock::{Clock, Entropy};
use kv::{Answer, Claim, Rate, RateLimiter, Redis, ReplayError, Replays};
use testkit::Redis as Server;

fn lazy(server: &Server) -> Redis {
    Redis::lazy(&server.url()).unwrap()
}

/// Everything Redis holds, as one heap of bytes.
async fn raw(server: &Server) -> Vec<u8> {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    let mut raw = Vec::new();
    for key in keys {
        raw.extend_from_slice(key.as_bytes());
        let value: Vec<u8> = redis::cmd("GET").arg(&key).query_async(&mut connection).await.unwrap();
        raw.extend_from_slice(&value);
    }
    raw
}

fn contains(heap: &[u8], needle: &[u8]) -> bool {
    heap.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn the_allowance_is_used_up_refused_and_comes_back() {
    let server = Server::start().unwrap();
    let limiter = RateLimiter::new(lazy(&server));
    let rate = Rate { name: "test", requests: 5, window: Duration::from_secs(1) };
    for left in (0..5).rev() {
        let decision = limiter.take(rate, b"token-canary").await.unwrap();
        assert!(decision.allowed);
        assert!(decision.remaining.abs_diff(left) <= 1, "{decision:?}");
    }
    let refused = loop {
        // One may have come back meanwhile.
        let decision = limiter.take(rate, b"token-canary").await.unwrap();
        if !decision.allowed {
            break decision;
        }
    };
    assert!(
        refused.retry_after > Duration::ZERO && refused.retry_after <= Duration::from_millis(200),
        "{refused:?}"
    );
    assert!(limiter.take(rate, b"somebody else").await.unwrap().allowed);
    tokio::time::sleep(refused.retry_after + Duration::from_millis(5)).await;
    assert!(limiter.take(rate, b"token-canary").await.unwrap().allowed);
    assert!(!contains(&raw(&server).await, b"canary"));
}

fn answer() -> Answer {
    Answer { status: 201, headers: vec![("etag".into(), b"\"1\"".to_vec())], body: b"body-canary".to_vec() }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_only_the_same_caller_can() {
    let server = Server::start().unwrap();
    let replays = Replays::new(lazy(&server), Entropy::new(Clock::system()));
    let parts: &[&[u8]] = &[b"POST", b"/x", b"request-canary"];
    let Claim::Mine(ticket) = replays.claim(b"credential-canary", b"key-canary", parts).await.unwrap() else {
        panic!("a fresh key is free");
    };
    assert!(matches!(replays.claim(b"credential-canary", b"key-canary", parts).await, Ok(Claim::Running)));
    replays.finish(&ticket, &answer()).await.unwrap();
    let again = replays.claim(b"credential-canary", b"key-canary", parts).await.unwrap();
    assert!(matches!(again, Claim::Replay(kept) if kept == answer()));
    let other_body = replays.claim(b"credential-canary", b"key-canary", &[b"POST", b"/x", b"other"]).await;
    assert!(matches!(other_body, Ok(Claim::Mismatch)));
    assert!(matches!(replays.claim(b"stranger", b"key-canary", parts).await, Ok(Claim::Mine(_))));
    assert!(!contains(&raw(&server).await, b"canary"), "nothing in the clear");
}

#[tokio::test]
async fn a_released_key_is_free_and_a_late_owner_cannot_overwrite() {
    let server = Server::start().unwrap();
    let replays = Replays::new(lazy(&server), Entropy::new(Clock::system()));
    let claim = || replays.claim(b"c", b"k", &[b"x"]);
    let Ok(Claim::Mine(first)) = claim().await else { panic!("free") };
    replays.release(&first).await.unwrap();
    let Ok(Claim::Mine(second)) = claim().await else { panic!("free again") };
    replays.finish(&first, &Answer { status: 500, ..answer() }).await.unwrap();
    replays.release(&first).await.unwrap();
    assert!(matches!(claim().await, Ok(Claim::Running)), "the second claim stands");
    replays.finish(&second, &answer()).await.unwrap();
    assert!(matches!(claim().await, Ok(Claim::Replay(kept)) if kept.status == 201));
}

#[tokio::test]
async fn a_redis_that_is_away_is_an_error_soon() {
    let redis = Redis::lazy("redis://127.0.0.1:1").unwrap();
    let started = std::time::Instant::now();
    assert!(redis.ping().await.is_err());
    assert!(RateLimiter::new(redis.clone()).take(Rate::per_minute("test", 1), b"x").await.is_err());
    let replays = Replays::new(redis, Entropy::new(Clock::system()));
    assert!(matches!(replays.claim(b"c", b"k", &[]).await, Err(ReplayError::Away(_))));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn it_connects_again_by_itself() {
    let place = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let redis = Redis::lazy(&format!("redis://{place}")).unwrap();
    assert!(redis.ping().await.is_err());
    let server = Server::start().unwrap();
    let target = server.url().replace("redis://", "").replace('/', "");
    let listener = tokio::net::TcpListener::bind(place).await.unwrap();
    let forward = async {
        let (mut from, _) = listener.accept().await.unwrap();
        let mut to = tokio::net::TcpStream::connect(target).await.unwrap();
        tokio::io::copy_bidirectional(&mut from, &mut to).await.unwrap();
    };
    let answers = async {
        for _ in 0..100 {
            if redis.ping().await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    };
    tokio::select! {
        answers = answers => assert!(answers),
        () = forward => panic!("the line was cut"),
    }
}
