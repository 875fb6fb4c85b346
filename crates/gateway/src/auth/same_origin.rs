//! Requests that a foreign page made the browser send.
//!
//! With a cookie the browser signs whatever any page makes it send, so a change is only taken when the browser itself says it
//! came from here: `Sec-Fetch-Site`, or `Origin` where that is missing. With neither it is refused. API tokens are not sent by
//! browsers on their own and need none of this.

use http::{HeaderMap, Method, header};

/// Whether a request with a cookie may change something.
pub(crate) fn allows(method: &Method, headers: &HeaderMap, public_url: &str) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text("origin") else { return false };
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    origin == origin_of(public_url) || host == Some(authority)
}

/// Scheme and authority of an address.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: Method, pairs: &[(&str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        allows(&method, &headers, "https://oz.example/base")
    }

    #[test]
    fn looking_is_free_and_changing_needs_the_same_origin() {
        assert!(allowed(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(allowed(
            Method::POST,
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]
        ));
        assert!(allowed(Method::DELETE, &[("origin", "https://oz.example")]));
        assert!(allowed(Method::POST, &[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        for refused in [
            &[][..],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://oz.example")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "null"), ("host", "oz.example")],
            &[("origin", "https://oz.example.evil.example"), ("host", "oz.example")],
        ] {
            assert!(!allowed(Method::POST, refused), "{refused:?}");
        }
    }
}
