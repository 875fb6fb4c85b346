//! Published packages: name and version.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::context::{Context, told};
use crate::model::{ItemKind, ReadError, Reading, State, ThingKind, Verb};

/// Enough of a container's digest to tell it from others: `sha256:` and twelve digits.
const SHORT_DIGEST: usize = 19;

#[derive(Deserialize)]
struct PackageDelivery {
    #[serde(alias = "registry_package")]
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    id: u64,
    name: String,
    html_url: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    package_version: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    id: u64,
    version: String,
    html_url: Option<String>,
    created_at: Option<DateTime<Utc>>,
}

/// `registry_package` repeats `package`; both tell the same item.
pub(super) fn package(cx: &Context<'_>) -> Result<Reading, ReadError> {
    let package = cx.parse::<PackageDelivery>("package")?.package;
    let verb = match cx.action() {
        "published" => Verb::Created,
        "updated" => Verb::Edited,
        _ => return Ok(Reading::Skipped("unsupported_action")),
    };
    let Some(version) = package.package_version else { return Ok(Reading::Skipped("no_content")) };
    // A container's version says that it was created in the year one.
    let known = version.created_at.max(package.updated_at);
    let at = match known {
        Some(at) => at,
        None => cx.repository_time()?,
    };
    let item = (ItemKind::Change, format!("package-version:{}", version.id));
    let mut activity = cx.activity((ThingKind::Release, format!("package:{}", package.id)), item, verb, at);
    activity.title = format!("{} {}", package.name, short(&version.version));
    activity.thing_title = Some(activity.title.clone());
    activity.thing_url = package.html_url;
    activity.thing_opened_at = package.created_at;
    activity.url = version.html_url;
    activity.state = Some((State::Done, "published".to_owned()));
    Ok(told(activity))
}

fn short(version: &str) -> &str {
    let digest = version.starts_with("sha256:");
    version.get(..SHORT_DIGEST).filter(|_| digest).unwrap_or(version)
}
