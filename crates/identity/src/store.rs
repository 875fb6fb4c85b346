//! The tables of identity. Nothing else speaks SQL.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod invitation;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod member;
pub(crate) mod organization;
pub(crate) mod rewrap;
pub(crate) mod session;
pub(crate) mod signing;
pub(crate) mod team;
pub(crate) mod token;

use pg::PgError;

/// The schema.
pub static MIGRATIONS: pg::Migrator = sqlx::migrate!("./migrations");

/// Reads a word or number that a check constraint holds to what is expected.
fn read<T, E>(outcome: Result<T, E>) -> Result<T, PgError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    outcome.map_err(|error| sqlx::Error::Decode(Box::new(error)).into())
}
