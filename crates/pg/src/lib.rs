//! The only door to a database: tenant transactions under row-level security.
//!
//! A service holds a [`TenantPool`], from which nothing but a [`TenantTx`] comes out, and that only for a verified scope.
//! Its role owns nothing, cannot bypass the policies and has no right on partitions; [`catalogue`] checks all of that in
//! the database itself. Work that waits for any organization (the outbox, queued deliveries) is reached through a
//! [`QueuePool`] of another role, which sees only the queue tables.

pub mod catalogue;
mod provision;
mod statistics;
mod tx;

pub use provision::{Database, PRELUDE, Passwords, PrepareError, apply_prelude, migrate, provision};
pub use sqlx::migrate::Migrator;
pub use statistics::{gather, gather_first};
pub use tx::{QueuePool, TenantPool, TenantTx};

/// The database could not do it. The text holds no row and no parameter.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// Not reachable, overloaded, restarting, or a transaction lost a race: the same again may go well.
    #[error("database is not available right now: {0}")]
    Transient(#[source] sqlx::Error),
    /// The statement is wrong for this data; the same again will fail again.
    #[error("database refused: {code}")]
    Refused {
        /// SQLSTATE, or a word for errors before the server saw the statement.
        code: String,
        /// The constraint at fault, if it was one.
        constraint: Option<String>,
        /// The original, for the log of the service alone.
        #[source]
        source: sqlx::Error,
    },
}

impl PgError {
    /// Whether trying again may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    /// Name of the violated constraint, if that was the reason.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused { constraint, .. } => constraint.as_deref(),
            Self::Transient(_) => None,
        }
    }
}

impl From<sqlx::Error> for PgError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(db) => {
                let code = db.code().map(|c| c.into_owned()).unwrap_or_default();
                // Classes 08 connection, 40 serialization and deadlock, 53 resources, 57 operator intervention; 55P03 lock.
                let transient =
                    ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)) || code == "55P03";
                let constraint = db.constraint().map(str::to_owned);
                let source = sqlx::Error::Database(db);
                if transient { Self::Transient(source) } else { Self::Refused { code, constraint, source } }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => Self::Transient(error),
            source => {
                let code = match &source {
                    sqlx::Error::RowNotFound => "row_not_found",
                    sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => "decode",
                    _ => "client",
                };
                Self::Refused { code: code.to_owned(), constraint: None, source }
            }
        }
    }
}
