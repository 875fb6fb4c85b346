//! Whom the door believes: exactly who signs with the integration's own secret, once.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    house::House,
    post::{Hook, Post, issue, message},
};

const CHANNEL: &str = "C024BE91L";
const REPOSITORY: &str = "oz/web";

/// One way to send, and what comes of it: the answer, and the line in the ledger.
struct Case {
    name: &'static str,
    post: Post,
    status: StatusCode,
    line: Option<&'static str>,
}

fn case(name: &'static str, post: Post, status: u16, line: Option<&'static str>) -> Case {
    Case { name, post, status: StatusCode::from_u16(status).unwrap(), line }
}

fn flipped(mut post: Post) -> Post {
    let middle = post.body.len() / 2;
    post.body[middle] ^= 1;
    post
}

/// The same JSON, written by another hand.
fn rewritten(mut post: Post) -> Post {
    let value: serde_json::Value = serde_json::from_slice(&post.body).unwrap();
    post.body = serde_json::to_vec_pretty(&value).unwrap();
    post
}

fn without(mut post: Post, header: &str) -> Post {
    post.headers.retain(|(name, _)| *name != header);
    post
}

fn to(mut post: Post, provider: &str, integration: &str) -> Post {
    post.provider = provider.to_owned();
    post.integration = integration.to_owned();
    post
}

/// What both providers refuse; `missing` is the header that carries the signature.
fn refusals(
    valid: &Post,
    wrong: Post,
    foreign: Post,
    missing: &str,
    another: &'static str,
    cap: usize,
) -> Vec<Case> {
    let mut oversized = valid.clone();
    oversized.body.resize(cap + 1, b' ');
    let unknown = "int_01h45ytscbebyvny4gc8cr8ma2";
    vec![
        case(
            "missing header",
            without(valid.clone(), missing),
            401,
            Some("unverified refused missing_header 1"),
        ),
        case("wrong secret", wrong, 401, Some("unverified refused wrong_signature 1")),
        case("bit-flipped body", flipped(valid.clone()), 401, Some("unverified refused wrong_signature 2")),
        case(
            "re-serialised body",
            rewritten(valid.clone()),
            401,
            Some("unverified refused wrong_signature 3"),
        ),
        case("other organization's secret", foreign, 401, Some("unverified refused wrong_signature 4")),
        case("oversized", oversized, 413, Some("unverified refused too_large 1")),
        case("unknown integration", to(valid.clone(), &valid.provider, unknown), 404, None),
        case("no integration's id", to(valid.clone(), &valid.provider, "int_x"), 404, None),
        case("provider mismatch", to(valid.clone(), another, &valid.integration), 404, None),
        case("no such provider", to(valid.clone(), "jira", &valid.integration), 404, None),
    ]
}

/// Sends the valid one, then everything else, and looks at every table after each.
async fn hold(house: &House, hook: &Hook, theirs: &Hook, valid: Post, event: &str, cases: Vec<Case>) {
    assert_eq!(valid.clone().send(house).await, StatusCode::ACCEPTED);
    house.settled().await;
    assert_eq!((house.count("delivery"), house.count("item")), (1, 1));
    for Case { name, post, status, line } in cases {
        let before = house.ledger(hook).await;
        assert_eq!(post.send(house).await, status, "{name}");
        let after = house.ledger(hook).await;
        match line {
            Some(line) => assert!(after.iter().any(|l| l == line), "{name}: {after:?}"),
            None => assert_eq!(before, after, "{name}: the address names nobody's ledger"),
        }
    }
    for again in 1..=2 {
        assert_eq!(valid.clone().send(house).await, StatusCode::ACCEPTED, "a replay is told that it is here");
        let repeated = format!("{event} repeated  {again}");
        assert!(house.ledger(hook).await.contains(&repeated));
    }
    house.settled().await;
    assert_eq!((house.count("delivery"), house.count("item"), house.count("work")), (1, 1, 0));
    assert_eq!(house.deliveries(hook, "").await[0].attempts, 1, "a replay is not worked on again");
    assert_eq!(house.ledger(theirs).await, [""; 0], "nothing of it reached the other organization");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_github_delivery_is_believed_only_as_it_was_signed_and_stored_once() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", REPOSITORY).await;
    let theirs = house.connected(house.other, "github", REPOSITORY).await;
    let body = issue(REPOSITORY, "opened", 0, "Title", "Text").to_string().into_bytes();
    let signed = |secret: &str| Post::github(&hook, secret, "issues", "d-1", &body);
    let valid = signed(&hook.secret);
    let mut cases = refusals(
        &valid,
        signed("not-the-secret-of-anybody"),
        signed(&theirs.secret),
        "x-hub-signature-256",
        "slack",
        25 * 1024 * 1024,
    );
    let mut weak = without(valid.clone(), "x-hub-signature-256");
    weak.headers.push(("x-hub-signature", "sha1=00".to_owned()));
    cases.push(case("SHA-1 alone", weak, 401, Some("unverified refused weak_signature 1")));
    hold(&house, &hook, &theirs, valid, "issues", cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slack_delivery_is_believed_only_as_it_was_signed_fresh_and_stored_once() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", CHANNEL).await;
    let theirs = house.connected(house.other, "slack", CHANNEL).await;
    let body = message("Ev1", CHANNEL, "1777600000.000100", "words").to_string().into_bytes();
    let signed = |secret: &str, age: i64| Post::slack(&hook, secret, house.now() - age, &body);
    let valid = signed(&hook.secret, 0);
    let mut cases = refusals(
        &valid,
        signed("not-the-secret-of-anybody", 0),
        signed(&theirs.secret, 0),
        "x-slack-signature",
        "github",
        1024 * 1024,
    );
    for (name, age, line) in [
        ("stale", 301, "unverified refused stale 1"),
        ("from the future", -301, "unverified refused stale 2"),
    ] {
        cases.push(case(name, signed(&hook.secret, age), 401, Some(line)));
    }
    cases.push(case(
        "without its time",
        without(valid.clone(), "x-slack-request-timestamp"),
        401,
        Some("unverified refused missing_header 2"),
    ));
    hold(&house, &hook, &theirs, valid, "message", cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_delivery_is_refused_before_its_body_is_read() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", CHANNEL).await;
    let mut stream = TcpStream::connect(house.hooks).await.unwrap();
    let head = format!(
        "POST /hooks/slack/{} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        hook.id,
        1024 * 1024 + 1
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut answer)).await;
    read.expect("an answer although no byte of the body was sent").unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
    assert_eq!(house.ledger(&hook).await, ["unverified refused too_large 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn slacks_question_is_answered_and_nothing_is_stored() {
    let house = House::open().await;
    let hook = house.connect(house.acme, "slack").await;
    let ask = |secret: &str| {
        let body = br#"{"type":"url_verification","challenge":"3eZbrw1aB"}"#;
        Post::slack(&hook, secret, house.now(), body)
    };
    assert_eq!(ask("not-the-secret-of-anybody").send(&house).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&hook.secret).send(&house).await, StatusCode::OK);
    assert_eq!(house.count("delivery"), 0);
}
