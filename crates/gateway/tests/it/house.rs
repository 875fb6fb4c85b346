//! A gateway before fake services and a real Redis.

use std::{net::SocketAddr, time::Duration};

use clock::{Clock, Entropy};
use gateway::{Options, Services};
use lifecycle::Supervisor;
use proto::identity::v1 as identity;
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::Value;
use tokio::net::TcpListener;
use tonic::Status;

use crate::fake::Fake;

pub const EXCHANGE: &str = "oz.identity.v1.SignInService/Exchange";

pub struct House {
    pub fake: Fake,
    pub clock: Clock,
    pub supervisor: Supervisor,
    pub addr: SocketAddr,
    client: Client,
    token: String,
}

/// What differs from test to test.
pub struct Wish {
    pub requests_per_minute: u32,
    pub redis_url: Option<String>,
    pub hooks_url: String,
    pub longest_pause: Duration,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            requests_per_minute: 100_000,
            redis_url: None,
            hooks_url: "http://127.0.0.1:1".to_owned(),
            longest_pause: Duration::from_secs(30),
        }
    }
}

impl House {
    pub async fn start() -> Self {
        Self::with(Wish::default()).await
    }

    pub async fn with(wish: Wish) -> Self {
        let fake = Fake::default();
        // Every credential is believed but one; its tokens tell the callee and the credential.
        fake.unary(EXCHANGE, |request: identity::ExchangeRequest| {
            let credential = request.api_token + &request.session;
            if credential.starts_with("revoked") {
                return Err(Status::unauthenticated("sign in again"));
            }
            let token = |callee: &str| (callee.to_owned(), format!("{callee}:{credential}"));
            Ok(identity::ExchangeResponse {
                tokens: ["identity", "ingestion", "task", "feed", "aggregation"].map(token).into(),
                expires_at_us: i64::MAX,
                ..Default::default()
            })
        });
        let channel = fake.serve().await;
        let clock = Clock::fixed(clock::from_micros(1_800_000_000_000_000));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut supervisor = Supervisor::new();
        let options = Options {
            listener,
            public_url: "https://oz.example/".to_owned(),
            services: Services {
                identity: channel.clone(),
                ingestion: channel.clone(),
                task: channel.clone(),
                feed: channel.clone(),
                aggregation: channel,
            },
            credential: rpc::AsService::new("gateway", &rpc::ServiceSecret::new("secret")).unwrap(),
            hooks_url: wish.hooks_url,
            redis_url: wish.redis_url.unwrap_or_else(|| testkit::Redis::shared().url()),
            admin: None,
            checks: vec![],
            entropy: Entropy::new(clock.clone()),
            requests_per_minute: wish.requests_per_minute,
            longest_pause: wish.longest_pause,
        };
        gateway::start(options, &mut supervisor).await.unwrap();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        // One Redis serves all tests: each is a caller of its own.
        let token = Entropy::new(Clock::system()).uuid().to_string();
        Self { fake, clock, supervisor, addr, client, token }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Without a credential.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.addr))
    }

    /// With this test's API token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    /// The body of a good answer.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }
}

/// Status and problem of a bad answer, checked for what all problems have.
pub async fn problem(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"], id.as_str());
    assert!(body["type"].as_str().unwrap().starts_with("/problems/"));
    (status, body)
}

pub fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
