//! Those who are slow are not waited for without end.

use std::time::Duration;

use ingestion::Patience;
use proto::ingestion::v1::{import_request::Part, *};
use reqwest::StatusCode;
use sqlx::{Connection, PgConnection};
use testkit::Postgres;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::Code;

use crate::{
    house::{House, code, eventually},
    post::issue,
};

const SHORT: Duration = Duration::from_millis(500);
/// Longer than any answer takes on a slow machine, shorter than the limits of production.
const LONG: Duration = Duration::from_secs(8);

/// Sends these bytes and then one more every now and then, until the other end closes; all that it said.
async fn dribble(house: &House, begin: &str) -> String {
    let mut socket = TcpStream::connect(house.hooks).await.unwrap();
    socket.write_all(begin.as_bytes()).await.unwrap();
    let (mut read, mut write) = socket.split();
    let mut said = String::new();
    let slowly = async {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 5).await;
        }
        std::future::pending::<()>().await;
    };
    let listening = timeout(LONG, read.read_to_string(&mut said));
    tokio::select! {
        closed = listening => { closed.unwrap().ok(); }
        () = slowly => {}
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_dribbles_in_is_given_up_and_counted_and_holds_nobody_up() {
    let house = House::with(Patience { body: SHORT, ..Patience::default() }).await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    let head = format!(
        "POST /hooks/github/{} HTTP/1.1\r\nhost: oz\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{",
        hook.id
    );
    let honest = async {
        tokio::time::sleep(SHORT / 2).await;
        house.github(&hook, "issues", "d-1", &issue("oz/web", "opened", 0, "Title", "Text")).await
    };
    let (said, answer) = tokio::join!(dribble(&house, &head), honest);
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert_eq!(answer, StatusCode::ACCEPTED);
    house.settled().await;
    assert_eq!(house.ledger(&hook).await, ["issues applied  1", "unverified refused too_slow 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_stops_coming_is_given_up_and_marked() {
    let house = House::with(Patience { silence: SHORT, ..Patience::default() }).await;
    let header = ImportHeader { kind: "mbox".into(), scope: "list".into(), visibility: "org".into() };
    let (parts, stream) = tokio::sync::mpsc::channel(1);
    parts.send(ImportRequest { part: Some(Part::Header(header)) }).await.unwrap();
    let request = house.by(house.acme.member, ReceiverStream::new(stream));
    let answer =
        timeout(LONG, house.imports().import(request)).await.expect("an answer although more could come");
    assert_eq!(code(&answer), Code::DeadlineExceeded);
    eventually("it is marked", || async { house.look("select state from import") == "interrupted" }).await;

    let slowly = tokio_stream::iter(0..).map(|_| ImportRequest { part: Some(Part::Chunk(b"x".to_vec())) });
    let header = ImportHeader { kind: "mbox".into(), scope: "other".into(), visibility: "org".into() };
    let begin = tokio_stream::once(ImportRequest { part: Some(Part::Header(header)) });
    let house = House::with(Patience { import: SHORT, ..Patience::default() }).await;
    let request = house.by(house.acme.member, begin.chain(slowly.throttle(SHORT / 10)));
    let answer = timeout(LONG, house.imports().import(request)).await.expect("an answer although more comes");
    assert_eq!(code(&answer), Code::DeadlineExceeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_be_answered_ends_in_time() {
    let house = House::with(Patience { call: SHORT, ..Patience::default() }).await;
    let url = Postgres::shared().url(testkit::SUPERUSER, &house.database);
    let mut gate = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("begin; lock table integration in access exclusive mode").execute(&mut gate).await.unwrap();
    let begun = Instant::now();
    let request = house.by(house.acme.admin, ListIntegrationsRequest::default());
    let answer = timeout(LONG, house.integrations().list_integrations(request)).await.expect("an answer");
    assert_eq!(code(&answer), Code::DeadlineExceeded);
    assert!(begun.elapsed() >= SHORT);
    sqlx::raw_sql("rollback").execute(&mut gate).await.unwrap();
    let request = house.by(house.acme.admin, ListIntegrationsRequest::default());
    assert_eq!(code(&house.integrations().list_integrations(request).await), Code::Ok);
}
