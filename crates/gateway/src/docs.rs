//! The OpenAPI document, and the same as a page that needs neither scripts nor other sites.

use std::fmt::Write;

use serde_json::Value;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{page::escaped, problem::Kind};

/// Name of the cookie's security scheme.
pub(crate) const SESSION: &str = "session";
/// Name of the API token's security scheme.
pub(crate) const TOKEN: &str = "token";

const ABOUT: &str = "JSON over HTTPS. Errors are application/problem+json (RFC 9457) with a stable type and the field at fault. \
    Times are RFC 3339 in UTC. Lists answer items and next_cursor; pass it as cursor, limit is at most 200. \
    A POST with an Idempotency-Key is done once: the same key again within 24 hours repeats the answer \
    (409 while the first still runs, 422 when the request differs, 503 when keys cannot be kept); answers of 5xx, 401 and 429 are not kept. \
    A thing of another organization answers exactly like a thing that does not exist. \
    429 carries Retry-After; RateLimit and RateLimit-Policy tell where you stand. Unknown fields in a body are refused. \
    With a session cookie, changes must come from the same origin. A revoked credential may work for 3 more seconds.";

/// The document without routes.
pub(crate) fn empty() -> OpenApi {
    let info = InfoBuilder::new().title("Oz").version("1").description(Some(ABOUT)).build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("an API token")).build();
    let components = ComponentsBuilder::new()
        .security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-oz"))))
        .security_scheme(TOKEN, SecurityScheme::Http(bearer))
        .build();
    OpenApiBuilder::new().info(info).paths(Paths::new()).components(Some(components)).build()
}

/// The page.
pub(crate) fn html(document: &Value) -> String {
    let mut out = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Oz API</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"/assets/oz.svg\"><link rel=\"stylesheet\" href=\"/assets/oz.css\"></head><body><main>",
    );
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "<h1>Oz API</h1><p>{}</p><p><a href=\"/api/openapi.json\">OpenAPI document</a></p>",
        escaped(ABOUT)
    );
    let mut section = "";
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            if tag != section {
                let _ = write!(out, "<h2>{}</h2>", escaped(tag));
                section = tag;
            }
            write_operation(&mut out, document, path, method, operation);
        }
    }
    out.push_str("<h2>Problems</h2><dl>");
    for kind in Kind::ALL {
        let (name, status, title) = kind.about();
        let _ = write!(
            out,
            "<dt id=\"problem-{name}\"><code>/problems/{name}</code> {} {title}</dt><dd>{}</dd>",
            status.as_u16(),
            escaped(kind.remedy())
        );
    }
    out.push_str("</dl></main></body></html>");
    out
}

fn write_operation(out: &mut String, document: &Value, path: &str, method: &str, operation: &Value) {
    let text = |key: &str| escaped(operation[key].as_str().unwrap_or_default());
    let open = operation["security"].as_array().is_some_and(Vec::is_empty);
    let _ = write!(
        out,
        "<section class=\"operation\"><h3><code>{} {}</code></h3><p>{}{}</p><p>{}</p><dl>",
        method.to_uppercase(),
        escaped(path),
        text("summary"),
        if open { " <em>(no sign-in)</em>" } else { "" },
        text("description"),
    );
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let text = |key: &str| escaped(parameter[key].as_str().unwrap_or_default());
        let _ = write!(
            out,
            "<dt><code>{}</code> ({})</dt><dd>{}</dd>",
            text("name"),
            text("in"),
            text("description")
        );
    }
    for (media_type, content) in object(&operation["requestBody"]["content"]) {
        let _ = write!(out, "<dt>Body, {}</dt><dd>", escaped(media_type));
        write_schema(out, document, &content["schema"]);
        out.push_str("</dd>");
    }
    for (status, response) in object(&operation["responses"]).filter(|(status, _)| *status != "default") {
        let about = escaped(response["description"].as_str().unwrap_or_default());
        let _ = write!(out, "<dt>{status} {about}</dt><dd>");
        for (_, content) in object(&response["content"]) {
            write_schema(out, document, &content["schema"]);
        }
        out.push_str("</dd>");
    }
    out.push_str("</dl></section>");
}

/// One level of fields; what lies deeper is named.
fn write_schema(out: &mut String, document: &Value, schema: &Value) {
    let resolved =
        schema["$ref"].as_str().and_then(|pointer| document.pointer(pointer.trim_start_matches('#')));
    let schema = resolved.unwrap_or(schema);
    out.push_str("<ul>");
    let parts = std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten());
    for part in parts {
        let resolved =
            part["$ref"].as_str().and_then(|pointer| document.pointer(pointer.trim_start_matches('#')));
        for (name, property) in object(&resolved.unwrap_or(part)["properties"]) {
            let about = escaped(property["description"].as_str().unwrap_or_default());
            let _ = write!(
                out,
                "<li><code>{}</code> {} {about}</li>",
                escaped(name),
                escaped(&kind_of(property))
            );
        }
    }
    out.push_str("</ul>");
}

/// The type of a field in a word or two.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|pointer| pointer.rsplit('/').next()) {
        return name.to_owned();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().map(kind_of).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", kind_of(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}
