//! A service's database, made as an installation makes it.

use access::{TenantScope, TicketKey};
use ids::OrgId;
use pg::{Database, Migrator, Passwords, TenantPool};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

pub static MIGRATIONS: Migrator = sqlx::migrate!("./tests/it/migrations");

pub const PASSWORD: &str = "probe";

/// Roles belong to the whole cluster, so the tests of this process make theirs one after the other.
pub static PROVISIONING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub struct Ground {
    /// As the superuser, past the doors.
    pub admin: String,
    pub name: String,
}

impl Ground {
    /// An empty database.
    pub async fn bare() -> Self {
        let admin = tokio::task::spawn_blocking(|| testkit::Postgres::shared().database("probe"));
        let admin = admin.await.unwrap();
        let name = admin.rsplit('/').next().unwrap().to_owned();
        Self { admin, name }
    }

    /// With roles and schema.
    pub async fn new() -> Self {
        let ground = Self::bare().await;
        let _turn = PROVISIONING.lock().await;
        pg::provision(&ground.admin, ground.database(), &passwords()).await.unwrap();
        ground.run(&format!("alter database {} owner to oz_probe_owner", ground.name)).await;
        pg::migrate(&ground.url("oz_probe_owner"), &MIGRATIONS).await.unwrap();
        ground
    }

    pub fn database(&self) -> Database<'_> {
        Database { service: "probe", name: &self.name }
    }

    pub fn url(&self, role: &str) -> String {
        self.admin.replacen("://oz@", &format!("://{role}:{PASSWORD}@"), 1)
    }

    pub fn pool(&self) -> TenantPool {
        TenantPool::connect(&self.url("oz_probe"), 2).unwrap()
    }

    pub async fn outside(&self) -> PgConnection {
        PgConnection::connect(&self.admin).await.unwrap()
    }

    /// Statements from outside.
    pub async fn run(&self, sql: &str) {
        // The superuser has the name of a schema, which would come first.
        let sql = format!("set search_path = public; {sql}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.outside().await).await.unwrap();
    }

    /// A number from outside.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.outside().await).await.unwrap()
    }
}

pub fn passwords() -> Passwords {
    Passwords { service: PASSWORD.into(), queue: PASSWORD.into(), owner: PASSWORD.into() }
}

pub fn scope(org: u128) -> TenantScope {
    let (key, org) = (TicketKey::new(&[7; 32]), OrgId::from_uuid(Uuid::from_u128(org)));
    TenantScope::of_ticket(&key, org, b"", &key.issue(org, b"")).unwrap()
}
