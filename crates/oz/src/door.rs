//! The gateway, as the commands that go through it see it.

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::args;

/// The gateway with a caller's credential.
pub struct Door<'a> {
    client: Client,
    args: &'a args::Door,
}

impl<'a> Door<'a> {
    /// Nothing is sent yet.
    pub fn new(args: &'a args::Door) -> anyhow::Result<Self> {
        Ok(Self { client: Client::builder().build()?, args })
    }

    /// A request to be filled.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.args.url)).bearer_auth(&self.args.token)
    }

    /// Sends one without a body, or with one of JSON.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let request = self.request(method, path);
        let request = if let Some(body) = body { request.json(body) } else { request };
        answer(request.send().await.with_context(|| format!("asking {}", self.args.url))?).await
    }
}

/// What was answered, or the problem in words.
pub async fn answer(response: Response) -> anyhow::Result<Value> {
    let code = response.status();
    let body: Value = response.json().await.with_context(|| format!("the answer {code} is not of Oz"))?;
    if code.is_success() {
        return Ok(body);
    }
    let errors = body["errors"].as_array().into_iter().flatten();
    let fields: Vec<String> = errors
        .map(|error| {
            format!(
                "{}: {}",
                error["field"].as_str().unwrap_or("?"),
                error["message"].as_str().unwrap_or("?")
            )
        })
        .collect();
    let detail = body["detail"].as_str().or(body["title"].as_str()).unwrap_or("refused");
    if fields.is_empty() { bail!("{code}: {detail}") } else { bail!("{code}: {}", fields.join("; ")) }
}
