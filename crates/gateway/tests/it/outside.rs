//! What browsers, proxies and logs get to see.

use std::{
    io::Write,
    sync::{Arc, Mutex, OnceLock},
};

use proto::feed::v1 as feed;
use reqwest::Method;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::house::{House, header};

#[tokio::test]
async fn every_answer_protects_its_reader() {
    let house = House::start().await;
    for path in ["/signin", "/api/v1/me", "/nothing", "/api/docs", "/healthz", "/assets/oz.js"] {
        let answer = house.bare(Method::GET, path).send().await.unwrap();
        let policy = header(&answer, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert!(header(&answer, "strict-transport-security").contains("max-age=31536000"), "{path}");
        assert!(!header(&answer, "cache-control").is_empty(), "{path}");
        assert!(!header(&answer, "x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let house = House::start().await;
    let ask = |id: &'static str| house.bare(Method::GET, "/healthz").header("x-request-id", id).send();
    assert_eq!(header(&ask("my-id.1").await.unwrap(), "x-request-id"), "my-id.1");
    let replaced = ask("a b").await.unwrap();
    assert_eq!(header(&replaced, "x-request-id").len(), 32);
}

#[tokio::test]
async fn pages_need_no_other_site_and_no_inline_script() {
    let house = House::start().await;
    for (path, cookie) in [("/", "__Host-oz=x"), ("/signin", ""), ("/api/docs", "")] {
        let page = house
            .bare(Method::GET, path)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(page.contains("/assets/oz.css"), "{path}");
        assert!(
            !page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="),
            "{path}"
        );
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/assets/"), "{path}");
        }
        for place in ["src=\"http", "href=\"http", "url(http"] {
            assert!(!page.contains(place), "{path}");
        }
    }
    assert_eq!(house.bare(Method::GET, "/assets/..%2flib.rs").send().await.unwrap().status(), 404);
    let kind = house.bare(Method::GET, "/problems/stale").send().await.unwrap();
    assert_eq!(header(&kind, "location"), "/api/docs#problem-stale");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One log for the process: what is logged must not depend on which test came first.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let lines = tracing_subscriber::fmt::layer().json().with_writer(log.clone());
        let filter = EnvFilter::new("info,gateway=trace,rpc=trace,kv=trace");
        tracing_subscriber::registry().with(filter).with(lines).try_init().unwrap();
        log
    })
}

#[tokio::test]
async fn the_log_names_the_route_and_nothing_that_was_asked() {
    let log = log();
    let house = House::start().await;
    house
        .fake
        .unary("oz.feed.v1.FeedService/Search", |_: feed::SearchRequest| Ok(feed::SearchResponse::default()));
    for path in [
        "/api/v1/search?q=canaryword",
        "/api/v1/tasks/task_canaryid",
        "/signin/link?token=canarytoken",
        "/canarypath",
    ] {
        house.request(Method::GET, path).header("x-request-id", "log-test").send().await.unwrap();
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let access: Vec<&str> =
        text.lines().filter(|line| line.contains("\"request_id\":\"log-test\"")).collect();
    assert_eq!(access.len(), 4);
    for (line, route) in
        access.iter().zip(["/api/v1/search", "/api/v1/tasks/{id}", "/signin/link", "unmatched"])
    {
        assert!(line.contains(&format!("\"route\":\"{route}\"")), "{line}");
        assert!(
            line.contains("\"target\":\"access\"")
                && line.contains("\"trace_id\"")
                && line.contains("\"ms\""),
            "{line}"
        );
    }
    assert!(!text.contains("canary") && !text.contains(house.token()));
}
