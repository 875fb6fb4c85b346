//! Reading requests: bodies and queries into types, and the field at fault named when they do not fit.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
};
use http::{header, request::Parts};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::problem::{Kind, Problem};

/// A JSON body. No body at all is taken as `{}`.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers().get(header::CONTENT_TYPE));
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        if bytes.is_empty() {
            return read(b"{}").map(Self);
        }
        if !is_json {
            return Err(Problem::new(Kind::UnsupportedMedia));
        }
        read(&bytes).map(Self)
    }
}

fn is_json(content_type: Option<&http::HeaderValue>) -> bool {
    let essence =
        content_type.and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next());
    let essence = essence.unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "application/json" | "application/merge-patch+json")
}

/// Why a body did not arrive.
pub(crate) fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Kind::TooLarge)
    } else {
        Problem::new(Kind::Malformed).detail("the body ended early")
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            let field = if path == "." { named_in(&inner.to_string()) } else { path };
            Problem::invalid(field, without_place(&inner.to_string()))
        } else {
            let (line, column) = (inner.line(), inner.column());
            Problem::new(Kind::Malformed).detail(format!("not JSON at line {line}, column {column}"))
        }
    })?;
    deserializer.end().map_err(|_| Problem::new(Kind::Malformed).detail("more than one JSON value"))?;
    Ok(value)
}

/// serde names a missing or unknown field only in its words: "missing field `x`".
fn named_in(message: &str) -> String {
    message.split('`').nth(1).filter(|name| !name.is_empty()).unwrap_or("body").to_owned()
}

/// Without serde_json's " at line 1 column 2", and bounded: it may quote what was sent.
fn without_place(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    message.chars().take(200).collect()
}

/// Query parameters.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        let field = if path == "." { named_in(&message) } else { path };
        Problem::invalid(field, without_place(&message))
    })
}

/// How a page is asked for, the same everywhere.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
pub(crate) struct Paging {
    /// How many items, 1 to 200; 50 when absent. More than 200 is taken as 200.
    #[serde(default)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// The names of the fields that a change gives.
///
/// # Errors
/// When it gives none.
pub(crate) fn named(fields: &[(&str, bool)]) -> Result<Vec<String>, Problem> {
    let named: Vec<String> =
        fields.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).to_owned()).collect();
    if named.is_empty() {
        return Err(Problem::invalid("body", "names no field to change"));
    }
    Ok(named)
}

/// See [`Paging`].
pub(crate) fn limit(limit: Option<u32>) -> u32 {
    limit.unwrap_or(50).clamp(1, 200)
}

impl Paging {
    pub fn limit(&self) -> u32 {
        limit(self.limit)
    }

    pub fn cursor(self) -> String {
        self.cursor.unwrap_or_default()
    }
}

/// For a field that may be absent (unchanged), `null` (none) or a value.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether they can be read matters")]
    struct Sources {
        sources: Vec<Source>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Source {
        key: String,
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let fault = |body: &str| read::<Sources>(body.as_bytes()).unwrap_err();
        assert_eq!(fault("{}"), Problem::invalid("sources", "missing field `sources`"));
        assert_eq!(
            fault(r#"{"sources":[{"key":7}]}"#),
            Problem::invalid("sources[0].key", "invalid type: integer `7`, expected a string")
        );
        assert_eq!(fault(r#"{"sources":[{}]}"#), Problem::invalid("sources[0]", "missing field `key`"));
        assert_eq!(fault("{").kind(), Kind::Malformed);
        assert_eq!(fault(r#"{"sources":[]} x"#).kind(), Kind::Malformed);
    }

    #[test]
    fn a_query_names_its_parameter() {
        let problem = query::<Paging>("limit=many").unwrap_err();
        assert_eq!(problem, Problem::invalid("limit", "invalid digit found in string"));
        let page: Paging = query("limit=1000&cursor=a%20b").unwrap();
        assert_eq!((page.limit(), page.cursor()), (200, "a b".to_owned()));
        assert_eq!(query::<Paging>("").unwrap().limit(), 50);
        assert_eq!(query::<Paging>("limit=0").unwrap().limit(), 1);
    }

    #[derive(Debug, Default, Deserialize)]
    struct Change {
        #[serde(default, deserialize_with = "present")]
        due_on: Option<Option<String>>,
    }

    #[test]
    fn absent_null_and_value_differ() {
        let due = |body: &str| read::<Change>(body.as_bytes()).unwrap().due_on;
        assert_eq!(due("{}"), None);
        assert_eq!(due(r#"{"due_on":null}"#), Some(None));
        assert_eq!(due(r#"{"due_on":"2026-01-01"}"#), Some(Some("2026-01-01".into())));
    }
}
