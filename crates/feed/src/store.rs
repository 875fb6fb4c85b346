//! Every statement of the feed. All run inside a tenant transaction, name the organization explicitly, and those that read for
//! a member have the audience inside.

pub(crate) mod activities;
pub(crate) mod audience;
pub(crate) mod clock;
pub(crate) mod docs;
pub(crate) mod erase;
pub(crate) mod items;
pub(crate) mod marks;
pub(crate) mod page;
pub(crate) mod people;
pub(crate) mod prune;
pub(crate) mod search;
pub(crate) mod stories;
pub(crate) mod stream;
pub(crate) mod tell;

/// The schema.
pub static MIGRATIONS: pg::Migrator = sqlx::migrate!("./migrations");
