//! Databases and roles, made by an administrator; the schema, made by the owner role.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, migrate::Migrator};

use crate::PgError;

/// Schema, functions and procedures that every service's migrations build on.
pub const PRELUDE: &str = include_str!("../sql/prelude.sql");

/// A service's database. The roles follow from the service's name: `oz_<service>` serves, `oz_<service>_queue` walks the queues,
/// `oz_<service>_owner` owns the schema and migrates, `oz_<service>_definer` owns the few functions that look past the policies.
#[derive(Debug, Clone, Copy)]
pub struct Database<'a> {
    /// `identity`, `ingestion`, …
    pub service: &'a str,
    /// Name of the database; `oz_<service>` unless several installations share a server.
    pub name: &'a str,
}

/// Passwords of the roles that log in. They never print.
#[derive(Clone)]
pub struct Passwords {
    /// Of `oz_<service>`.
    pub service: String,
    /// Of `oz_<service>_queue`.
    pub queue: String,
    /// Of `oz_<service>_owner`.
    pub owner: String,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(…)")
    }
}

/// Preparing a database failed.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The database refused or is away.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// A migration did not apply.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A name that is not made of lower-case letters, digits and underscores.
    #[error("not a database name: {0}")]
    Name(String),
    /// A password that is not letters and digits.
    #[error("passwords of database roles are letters and digits")]
    Password,
}

/// Makes the roles and the database, as a superuser connected to any database of the server. Repeating it sets the passwords again
/// and changes nothing else.
///
/// # Errors
/// When the server refuses.
pub async fn provision(
    admin_url: &str,
    database: Database<'_>,
    passwords: &Passwords,
) -> Result<(), PrepareError> {
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !word(database.service) || !word(database.name) {
        return Err(PrepareError::Name(database.name.to_owned()));
    }
    let secret = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if ![&passwords.service, &passwords.queue, &passwords.owner].into_iter().all(|p| secret(p)) {
        return Err(PrepareError::Password);
    }
    let mut admin = PgConnection::connect(admin_url).await.map_err(PgError::from)?;
    // Two installers at once would trip over each other's roles; the lock ends with the connection.
    run(&mut admin, "select pg_advisory_lock(719285)".to_owned()).await?;
    let service = format!("oz_{}", database.service);
    let logins = [
        (service.clone(), Some(&passwords.service)),
        (format!("{service}_queue"), Some(&passwords.queue)),
        (format!("{service}_owner"), Some(&passwords.owner)),
        (format!("{service}_definer"), None),
    ];
    for (role, password) in logins {
        let login = password.map_or("nologin".to_owned(), |p| format!("login password '{p}'"));
        // A database's owner holds its rights on the public schema by inheritance.
        let inherit = if role.ends_with("_owner") { "inherit" } else { "noinherit" };
        let attributes = format!("{login} nosuperuser nocreatedb nocreaterole nobypassrls {inherit}");
        run(&mut admin, format!("do $$ begin create role {role}; exception when duplicate_object or unique_violation then null; end $$")).await?;
        run(&mut admin, format!("alter role {role} {attributes}")).await?;
    }
    // The owner may hand functions to the definer role, which has no login and few rights.
    run(&mut admin, format!("grant {service}_definer to {service}_owner")).await?;
    let exists = sqlx::query("select 1 from pg_database where datname = $1")
        .bind(database.name)
        .fetch_optional(&mut admin)
        .await
        .map_err(PgError::from)?;
    if exists.is_none() {
        run(&mut admin, format!("create database {} owner {service}_owner", database.name)).await?;
    }
    let public = format!("revoke all on database {} from public", database.name);
    run(&mut admin, public).await?;
    let connect = format!("grant connect on database {} to {service}, {service}_queue", database.name);
    run(&mut admin, connect).await?;
    admin.close().await.map_err(PgError::from)?;
    Ok(())
}

/// Applies the prelude and the service's migrations as the owner role. Two at once wait for each other; nothing to do costs
/// one look.
///
/// # Errors
/// When the database is away or a migration fails; a failed migration leaves nothing behind.
pub async fn migrate(owner_url: &str, migrator: &Migrator) -> Result<(), PrepareError> {
    let mut owner = PgConnection::connect(owner_url).await.map_err(PgError::from)?;
    let applied: i64 = sqlx::query(
        "select case when to_regclass('public._sqlx_migrations') is null then 0 else 1 end::bigint",
    )
    .fetch_one(&mut owner)
    .await
    .and_then(|row| row.try_get(0))
    .map_err(PgError::from)?;
    let newest = migrator.iter().map(|m| m.version).max();
    if applied == 1 {
        let seen: Option<i64> = sqlx::query("select max(version) from public._sqlx_migrations where success")
            .fetch_one(&mut owner)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(PgError::from)?;
        if seen == newest {
            return Ok(());
        }
    }
    apply_prelude(&mut owner).await?;
    migrator.run(&mut owner).await?;
    owner.close().await.map_err(PgError::from)?;
    Ok(())
}

/// Applies the prelude alone, as [`migrate`] does first.
///
/// # Errors
/// When the database refuses.
pub async fn apply_prelude(owner: &mut PgConnection) -> Result<(), PrepareError> {
    // Two owners at once would trip over each other's function definitions.
    sqlx::raw_sql("select pg_advisory_lock(719283)").execute(&mut *owner).await.map_err(PgError::from)?;
    sqlx::raw_sql(PRELUDE).execute(&mut *owner).await.map_err(PgError::from)?;
    let open = "grant usage on schema oz to public; revoke create on schema public from public; select pg_advisory_unlock(719283)";
    sqlx::raw_sql(open).execute(&mut *owner).await.map_err(PgError::from)?;
    Ok(())
}

/// The text is made of checked names in this file.
async fn run(admin: &mut PgConnection, sql: String) -> Result<(), PgError> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await?;
    Ok(())
}
