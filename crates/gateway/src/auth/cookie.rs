//! The session cookie.
//!
//! Its name starts with `__Host-`, so a browser takes it only with `Secure`, for this very host and the whole of it. On plain
//! http that works where the browser counts the address as trustworthy: Chromium takes and returns such a cookie on
//! `http://127.0.0.1` and `http://localhost` (tried with the version Debian ships). Anywhere else Oz needs https.

use http::{HeaderMap, HeaderValue, header};

const NAME: &str = "__Host-oz";

/// The session in the `Cookie` fields, if there is exactly one.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    let session = found.next()?;
    // Two of them: somebody is planting one.
    found.next().is_none().then_some(session)
}

/// Sets the cookie for so many seconds. `Lax`, not `Strict`: the sign-in link is followed from a mail or a terminal.
pub(crate) fn set(session: &str, seconds: i64) -> Option<HeaderValue> {
    let text =
        format!("{NAME}={session}; Path=/; Max-Age={}; HttpOnly; Secure; SameSite=Lax", seconds.max(0));
    HeaderValue::from_str(&text).ok().map(|mut value| {
        value.set_sensitive(true);
        value
    })
}

/// Takes the cookie away.
pub(crate) fn clear() -> HeaderValue {
    HeaderValue::from_static("__Host-oz=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(cookies: &[&str]) -> Option<String> {
        let headers: HeaderMap =
            cookies.iter().map(|value| (header::COOKIE, value.parse().unwrap())).collect();
        session(&headers).map(str::to_owned)
    }

    #[test]
    fn it_is_found_among_others_by_its_whole_name() {
        assert_eq!(from(&["a=b; __Host-oz=s1; c=d"]).as_deref(), Some("s1"));
        assert_eq!(from(&["oz=s1; x__Host-oz=s2"]), None);
        assert_eq!(from(&["__Host-oz=s1; __Host-oz=s2"]), None);
        assert_eq!(from(&["__Host-oz=s1", "__Host-oz=s2"]), None);
    }
}
