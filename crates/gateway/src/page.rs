//! The plain pages, from the binary: no other site is asked for anything.

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

pub(crate) const HOME: &str = include_str!("page/home.html");
pub(crate) const SIGNIN: &str = include_str!("page/signin.html");
pub(crate) const LINK_GONE: &str = include_str!("page/link_gone.html");

/// A page of this crate's own text.
pub(crate) fn html(text: &'static str) -> impl IntoResponse {
    Html(text)
}

/// A script, style or picture by name.
pub(crate) fn asset(name: &str) -> Option<Response> {
    let (kind, text) = match name {
        "oz.css" => ("text/css; charset=utf-8", include_str!("page/oz.css")),
        "oz.svg" => ("image/svg+xml", include_str!("page/oz.svg")),
        "oz.js" => ("text/javascript; charset=utf-8", include_str!("page/oz.js")),
        _ => return None,
    };
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}

/// Text for the inside of an element or a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_makes_a_browser_ask_for_an_icon_that_is_not_there() {
        for page in [HOME, SIGNIN, LINK_GONE] {
            assert!(page.contains("<link rel=\"icon\" href=\"/assets/oz.svg\">"));
        }
        assert!(asset("oz.svg").is_some());
    }
}
