//! Pools from which only scoped transactions come, and the transactions.

use std::{fmt::Write, str::FromStr, time::Duration};

use access::TenantScope;
use ids::OrgId;
use sqlx::{
    AssertSqlSafe, ConnectOptions, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::PgError;

/// Connections of a service's own role. It gives out nothing but [`TenantTx`].
#[derive(Debug, Clone)]
pub struct TenantPool(PgPool);

impl TenantPool {
    /// Connects lazily: the first transaction finds out whether the database is there.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL address.
    pub fn connect(url: &str, max_connections: u32) -> Result<Self, PgError> {
        pool(url, max_connections).map(Self)
    }

    /// Connections without any scope: they see no tenant's row, and serve to call the functions that the definer role owns.
    #[must_use]
    pub const fn without_scope(&self) -> &PgPool {
        &self.0
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), PgError> {
        ping(&self.0).await
    }

    /// Waits for connections in use, then closes.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// Connections of a service's queue role, which sees the queue tables of all organizations and no other table.
#[derive(Debug, Clone)]
pub struct QueuePool(PgPool);

impl QueuePool {
    /// Connects lazily.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL address.
    pub fn connect(url: &str, max_connections: u32) -> Result<Self, PgError> {
        pool(url, max_connections).map(Self)
    }

    /// A transaction of the queue role.
    ///
    /// # Errors
    /// When the database is not available.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, PgError> {
        Ok(self.0.begin().await?)
    }

    /// The same with statements that go along in the same round trip.
    ///
    /// # Errors
    /// When the database is not available.
    pub async fn begin_with(
        &self,
        statements: &'static str,
    ) -> Result<Transaction<'static, Postgres>, PgError> {
        Ok(self.0.begin_with(statements).await?)
    }

    /// The pool itself, for single statements and for listening.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.0
    }

    /// Waits for connections in use, then closes.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// A transaction that sees one organization's rows. Dropped without [`TenantTx::commit`], it never was.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    scope: TenantScope,
}

impl TenantTx {
    /// Begins with the scope set, in one round trip. The settings are local to the transaction: a connection that goes back to
    /// the pool carries no scope.
    ///
    /// # Errors
    /// When the database is not available.
    pub async fn begin(pool: &TenantPool, scope: &TenantScope) -> Result<Self, PgError> {
        let tx = pool.0.begin_with(AssertSqlSafe(begin_statement(scope))).await?;
        Ok(Self { tx, scope: scope.clone() })
    }

    /// The organization whose rows it sees.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.scope.org()
    }

    /// The scope it was begun with.
    #[must_use]
    pub const fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// The connection, for statements in `store/`.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// When the database is not available; then it is unknown whether the transaction was committed.
    pub async fn commit(self) -> Result<(), PgError> {
        Ok(self.tx.commit().await?)
    }
}

/// Made of UUIDs in their canonical form and nothing else, so there is nothing to inject.
fn begin_statement(scope: &TenantScope) -> String {
    let mut sql = format!("BEGIN; SET LOCAL oz.org = '{}'", scope.org().uuid());
    if let Some(member) = scope.member() {
        let _ = write!(sql, "; SET LOCAL oz.member = '{}'", member.uuid());
    }
    if let [first, rest @ ..] = scope.standing() {
        let _ = write!(sql, "; SET LOCAL oz.standing = '{{{first}");
        for audience in rest {
            let _ = write!(sql, ",{audience}");
        }
        sql.push_str("}'");
    }
    sql
}

/// How statements are planned. Once a connection, not once a call: planning one on partitioned tables costs more than running it.
/// So statements are written to run well whoever asks: what has no good common plan asks one id at a time (`offset 0`) or is put
/// together for the question (`EXECUTE`). Nor is any worth compiling: none runs as long as LLVM takes.
const PLANNING: [(&str, &str); 2] = [("plan_cache_mode", "force_generic_plan"), ("jit", "off")];

fn pool(url: &str, max_connections: u32) -> Result<PgPool, PgError> {
    // A statement's text and parameters must not reach a log.
    let options = PgConnectOptions::from_str(url)?.disable_statement_logging().options(PLANNING);
    Ok(PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .connect_lazy_with(options))
}

async fn ping(pool: &PgPool) -> Result<(), PgError> {
    sqlx::raw_sql("select 1").execute(pool).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use access::{TenantScope, TicketKey};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_services_scope_sets_the_organization_and_nothing_else() {
        let org = OrgId::from_uuid(Uuid::from_u128(1));
        let key = TicketKey::new(&[1; 32]);
        let scope = TenantScope::of_ticket(&key, org, b"", &key.issue(org, b"")).unwrap();
        assert_eq!(
            begin_statement(&scope),
            "BEGIN; SET LOCAL oz.org = '00000000-0000-0000-0000-000000000001'"
        );
    }
}
