//! The statements. Every one runs in a tenant transaction and says whose rows it means; what members see goes through the
//! functions `visible_sources`, `visible_tasks` and `visible_suggestions` of the schema.

pub(crate) mod audience;
pub(crate) mod directory;
pub(crate) mod evidence;
pub(crate) mod history;
pub(crate) mod lists;
pub(crate) mod purge;
pub(crate) mod suggestions;
pub(crate) mod talk;
pub(crate) mod tasks;
pub(crate) mod thresholds;

/// The schema.
pub static MIGRATIONS: pg::Migrator = sqlx::migrate!("./migrations");

pub(crate) type Result<T> = std::result::Result<T, pg::PgError>;
