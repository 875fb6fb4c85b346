//! Archives on their way to ingestion.

use std::time::Duration;

use proto::ingestion::v1::{self as ingestion, import_request::Part};
use reqwest::{
    Method, Response,
    multipart::{self, Form},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::house::{House, Wish, header, problem};

const IMPORT: &str = "oz.ingestion.v1.ImportService/Import";

fn takes_archives(house: &House) {
    house.fake.upload(IMPORT, |messages: Vec<ingestion::ImportRequest>| {
        let mut status =
            ingestion::ImportStatus { id: "int_9".into(), state: "done".into(), ..Default::default() };
        for (n, message) in messages.into_iter().enumerate() {
            match message.part {
                Some(Part::Header(header)) => {
                    assert_eq!(n, 0, "the header is first");
                    status.kind = header.kind;
                    status.scope = format!("{} {}", header.scope, header.visibility);
                }
                Some(Part::Chunk(chunk)) => status.bytes += chunk.len() as u64,
                None => {}
            }
        }
        Ok(ingestion::ImportResponse { status: Some(status) })
    });
}

async fn send(house: &House, form: Form) -> Response {
    house.request(Method::POST, "/api/v1/imports").multipart(form).send().await.unwrap()
}

#[tokio::test]
async fn an_archive_streams_through() {
    let house = House::start().await;
    takes_archives(&house);
    let file = multipart::Part::bytes(vec![b'x'; 5_000_000]).file_name("a.mbox");
    let form =
        Form::new().text("kind", "mbox").text("scope", "mail").text("visibility", "org").part("file", file);
    let answer = send(&house, form).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (202, "/api/v1/imports/int_9"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!((body["bytes"].as_u64(), body["scope"].as_str()), (Some(5_000_000), Some("mail org")));

    let form =
        Form::new().text("kind", "mbox").text("scope", "mail").part("file", multipart::Part::bytes(vec![1]));
    let body: Value = send(&house, form).await.json().await.unwrap();
    assert_eq!(body["scope"], "mail private", "private unless said otherwise");
}

#[tokio::test]
async fn a_form_that_lacks_something_is_refused_by_the_fields_name() {
    let house = House::start().await;
    takes_archives(&house);
    let file = || multipart::Part::bytes(vec![1]);
    for (form, field) in [
        (Form::new().part("file", file()).text("kind", "mbox"), "kind"),
        (Form::new().text("kind", "mbox").part("file", file()), "scope"),
        (Form::new().text("kind", "mbox").text("scope", "mail"), "file"),
        (Form::new().text("kind", "x".repeat(2000)), "kind"),
        (Form::new().text("color", "red"), "color"),
    ] {
        let (status, body) = problem(send(&house, form).await).await;
        assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some(field)));
    }
    assert_eq!(house.fake.count(IMPORT), 0);
}

#[tokio::test]
async fn a_refusal_by_ingestion_ends_the_upload() {
    let house = House::start().await;
    house.fake.upload(IMPORT, |_: Vec<ingestion::ImportRequest>| {
        Err::<ingestion::ImportResponse, _>(rpc::invalid("kind", "expected one of git, mbox, slack-export"))
    });
    let form =
        Form::new().text("kind", "x").text("scope", "mail").part("file", multipart::Part::bytes(vec![1]));
    let (status, body) = problem(send(&house, form).await).await;
    assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some("kind")));
}

#[tokio::test]
async fn an_upload_that_pauses_for_too_long_is_given_up() {
    let house = House::with(Wish { longest_pause: Duration::from_millis(500), ..Wish::default() }).await;
    takes_archives(&house);
    let field = |name: &str, text: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let form = field("kind", "mbox") + &field("scope", "mail");
    let file = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nFrom ";
    for begun in [form.clone(), form + file] {
        let mut socket = TcpStream::connect(house.addr).await.unwrap();
        let head = format!(
            "POST /api/v1/imports HTTP/1.1\r\nhost: oz\r\nauthorization: Bearer {}\r\n\
             content-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n{begun}",
            house.token()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut said = String::new();
        let listening = timeout(Duration::from_secs(8), socket.read_to_string(&mut said));
        listening.await.expect("the line is closed").unwrap();
        assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("/problems/too-slow"), "{said}");
    }
}
