//! Every route, one area one file.

mod content;
mod documents;
mod feed;
mod health;
pub(crate) mod hooks;
mod imports;
mod insights;
mod integrations;
mod me;
mod members;
mod organization;
mod privacy;
mod search;
mod signin;
mod stream;
mod suggestions;
mod tasks;
mod teams;

use crate::route::Routes;

/// All of them, in the order of the documentation.
pub(crate) fn all() -> Routes {
    health::routes()
        .and(signin::routes())
        .and(me::routes())
        .and(organization::routes())
        .and(members::routes())
        .and(teams::routes())
        .and(integrations::routes())
        .and(hooks::routes())
        .and(imports::routes())
        .and(feed::routes())
        .and(stream::routes())
        .and(content::routes())
        .and(search::routes())
        .and(tasks::routes())
        .and(suggestions::routes())
        .and(insights::routes())
        .and(privacy::routes())
        .and(documents::routes())
}
