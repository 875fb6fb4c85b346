//! The limit of P1: what a signed delivery costs at least. HMAC over the bytes, a typed parse, and a group-committed insert of the
//! delivery with its outbox row, into the PostgreSQL at `LIMIT_URL`. No routing, no sealing, no organization, no allow-list.
//!
//! Prints its port, serves until the end of its input.

use std::{collections::HashMap, io::Write, net::Ipv4Addr};

use anyhow::Context;
use data_encoding::HEXLOWER_PERMISSIVE;
use ring::{digest, hmac};
use serde::Deserialize;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use uuid::Uuid;

const TOGETHER: usize = 256;
const ANSWER: &[u8] =
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{\"status\":\"accepted\"}";
const REFUSAL: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

/// What a normaliser would need to begin with.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(default, borrow)]
    action: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    repository: Repository<'a>,
}

#[derive(Deserialize)]
struct Repository<'a> {
    #[serde(borrow)]
    full_name: std::borrow::Cow<'a, str>,
}

struct Arrival {
    dedupe: Vec<u8>,
    body: Vec<u8>,
    told: oneshot::Sender<bool>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::var("LIMIT_URL").context("LIMIT_URL")?;
    let secret = std::env::var("LIMIT_SECRET").context("LIMIT_SECRET")?;
    let pool = PgPoolOptions::new().max_connections(2).connect(&url).await?;
    sqlx::raw_sql(
        "drop table if exists limit_delivery, limit_outbox;
         create table limit_delivery (delivery_id uuid primary key, dedupe bytea not null unique, body bytea not null,
             received_at timestamptz not null default now());
         create table limit_outbox (seq bigint generated always as identity primary key, delivery_id uuid not null)",
    )
    .execute(&pool)
    .await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
    let (sender, arrivals) = mpsc::channel(4096);
    let mut tasks = JoinSet::new();
    tasks.spawn(commit(pool, arrivals));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    // The input ends when whoever started this ends.
    std::thread::spawn(|| {
        let _end = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        tasks.spawn(serve(stream, key.clone(), sender.clone()));
    }
}

async fn serve(mut stream: TcpStream, key: hmac::Key, arrivals: mpsc::Sender<Arrival>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut kept = Vec::with_capacity(8192);
    loop {
        let end = loop {
            if let Some(at) = kept.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut kept).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(kept.get(..end).unwrap_or_default()).into_owned();
        let fields: HashMap<String, &str> = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let length: usize = fields.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        while kept.len() < end + length {
            stream.read_buf(&mut kept).await?;
        }
        let body = kept.get(end..end + length).unwrap_or_default().to_vec();
        kept.drain(..end + length);
        let answer = if take(&key, &fields, body, &arrivals).await { ANSWER } else { REFUSAL };
        stream.write_all(answer).await?;
    }
}

async fn take(
    key: &hmac::Key,
    fields: &HashMap<String, &str>,
    body: Vec<u8>,
    arrivals: &mpsc::Sender<Arrival>,
) -> bool {
    let signature = fields.get("x-hub-signature-256").and_then(|text| text.strip_prefix("sha256="));
    let signature =
        signature.and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()).unwrap_or_default();
    if hmac::verify(key, &body, &signature).is_err() {
        return false;
    }
    let Ok(payload) = serde_json::from_slice::<Payload<'_>>(&body) else { return false };
    if payload.repository.full_name.is_empty() || payload.action.as_deref() == Some("none") {
        return false;
    }
    let id = fields.get("x-github-delivery").copied().unwrap_or_default();
    let dedupe = digest::digest(&digest::SHA256, id.as_bytes()).as_ref().to_vec();
    let (told, answer) = oneshot::channel();
    arrivals.send(Arrival { dedupe, body, told }).await.is_ok() && answer.await.unwrap_or(false)
}

/// As many as are waiting, one statement, then the answers.
async fn commit(pool: PgPool, mut arrivals: mpsc::Receiver<Arrival>) -> anyhow::Result<()> {
    let mut together = Vec::with_capacity(TOGETHER);
    while arrivals.recv_many(&mut together, TOGETHER).await > 0 {
        let (mut ids, mut dedupes, mut bodies, mut told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for arrival in together.drain(..) {
            // The name of a delivery is its hash: no clock, no randomness needed.
            ids.push(Uuid::from_slice(arrival.dedupe.get(..16).unwrap_or_default())?);
            dedupes.push(arrival.dedupe);
            bodies.push(arrival.body);
            told.push(arrival.told);
        }
        let done = sqlx::query(
            "with stored as (
                 insert into limit_delivery (delivery_id, dedupe, body)
                 select * from unnest($1::uuid[], $2::bytea[], $3::bytea[]) on conflict do nothing returning delivery_id)
             insert into limit_outbox (delivery_id) select delivery_id from stored",
        )
        .bind(ids)
        .bind(dedupes)
        .bind(bodies)
        .execute(&pool)
        .await;
        for told in told {
            let _gone = told.send(done.is_ok());
        }
        done?;
    }
    Ok(())
}
