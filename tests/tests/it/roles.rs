//! Raw SQL as each role that a service has: what the role sees without a scope, and under another organization's (C1).
//!
//! Tables and roles are read from the databases themselves. The golden names, for each role, the tables of which it sees its
//! scope's rows and those of which it sees all rows (queues of waiting work, whose rows are sealed), and the functions that look
//! past the scope: a new one fails until it is listed.

use std::str::FromStr;

use ids::OrgId;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row};

use crate::{
    golden,
    house::{Caller, House},
    scene::Scene,
    traces::{Traces, tail},
};

const TABLES: &str = "select c.oid::regclass::text as name, c.relispartition as part,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped) as owned
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1";

const FUNCTIONS: &str = "select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege(p.oid, 'execute')
    order by 1";

const POWERS: &str = "select rolname::text as name from pg_roles r
    where r.rolname = current_user and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
       or r.rolname <> current_user and pg_has_role(current_user, r.oid, 'member')";

/// Two organizations.
struct Orgs {
    first: OrgId,
    other: OrgId,
}

fn org(caller: &Caller<'_>) -> OrgId {
    let me = caller.get("/api/v1/me").expect(200);
    OrgId::from_str(me["org"]["id"].as_str().unwrap()).unwrap()
}

/// A connection as one role, and what was seen.
struct Look<'a> {
    role: String,
    connection: PgConnection,
    words: &'a Traces,
    rows: Vec<String>,
    wrong: Vec<String>,
}

impl Look<'_> {
    async fn number(&mut self, sql: String) -> Option<i64> {
        sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await.ok()
    }

    async fn names(&mut self, sql: &'static str) -> Vec<String> {
        let rows = sqlx::query(sql).fetch_all(&mut self.connection).await.unwrap();
        rows.iter().map(|row| row.get("name")).collect()
    }

    /// Speaks for an organization as its owner would, or for nobody.
    async fn stand(&mut self, org: Option<OrgId>) {
        let org = org.map(|org| org.uuid().to_string()).unwrap_or_default();
        let standing = if org.is_empty() { String::new() } else { format!("{{{org}}}") };
        let sql = format!(
            "select set_config('oz.org', '{org}', false), set_config('oz.member', '{org}', false),
             set_config('oz.standing', '{standing}', false)"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut self.connection).await.unwrap();
    }

    async fn table(&mut self, name: &str, owned: bool, orgs: &Orgs) {
        self.stand(None).await;
        let Some(without) = self.number(format!("select count(*) from {name}")).await else { return };
        let foreign = format!("select count(*) from {name} where org_id <> '{}'", orgs.other.uuid());
        self.stand(Some(orgs.other)).await;
        let foreign = if owned { self.number(foreign).await.unwrap_or(i64::MAX) } else { 0 };
        if without == 0 && foreign == 0 {
            self.stand(Some(orgs.first)).await;
            let own = self.number(format!("select count(*) from {name}")).await.unwrap_or_default();
            let waiting = self.policies(name).await;
            let sees = if waiting { "all rows, sealed" } else { "rows of its scope" };
            self.rows.push(format!("{} {name}: {sees}", self.role));
            if own == 0 {
                println!("{} {name}: nothing in it to be seen", self.role);
            }
        } else if self.policies(name).await || !owned {
            self.rows.push(format!("{} {name}: all rows, sealed", self.role));
        } else {
            self.wrong.push(format!(
                "{} sees in {name} {without} rows without a scope, {foreign} foreign ones",
                self.role
            ));
        }
        self.sealed(name).await;
    }

    /// Whether a policy opens the whole table to this very role.
    async fn policies(&mut self, name: &str) -> bool {
        let sql = format!(
            "select count(*) from pg_policy where polrelid = '{name}'::regclass and pg_get_expr(polqual, polrelid) = 'true'
             and polroles @> array[(select oid from pg_roles where rolname = current_user)]"
        );
        self.number(sql).await.unwrap() > 0
    }

    /// Whatever is seen, in whatever scope, holds no word in the clear.
    async fn sealed(&mut self, name: &str) {
        let sql = format!("select t::text as name from {name} t");
        let Ok(rows) = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await else { return };
        for row in rows {
            let told = self.words.in_bytes(row.get::<String, _>("name").as_bytes());
            if !told.is_empty() {
                self.wrong.push(format!("{} reads {told:?} in {name}", self.role));
            }
        }
    }

    async fn everything(&mut self, orgs: &Orgs) {
        let powers = self.names(POWERS).await;
        if !powers.is_empty() {
            self.wrong.push(format!("{} is more than it should be: {powers:?}", self.role));
        }
        for function in self.names(FUNCTIONS).await {
            self.rows.push(format!("{} {function}: looks past the scope", self.role));
        }
        let tables = sqlx::query(TABLES).fetch_all(&mut self.connection).await.unwrap();
        for table in tables {
            let (name, part): (String, bool) = (table.get("name"), table.get("part"));
            if part {
                if self.number(format!("select count(*) from {name}")).await.is_some() {
                    self.wrong.push(format!("{} reads the partition {name} itself", self.role));
                }
            } else {
                self.table(&name, table.get("owned"), orgs).await;
            }
        }
    }
}

async fn look(house: &House, orgs: &Orgs, words: &Traces) -> (Vec<String>, Vec<String>) {
    let configuration = house.configuration();
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for service in ["identity", "ingestion", "task", "feed", "aggregation"] {
        for (kind, suffix) in [("url", ""), ("queue_url", "_queue")] {
            let url = configuration["database"][service][kind].as_str().unwrap();
            let connection = PgConnection::connect(url).await.unwrap();
            let role = format!("oz_{service}{suffix}");
            let mut look = Look { role, connection, words, rows: Vec::new(), wrong: Vec::new() };
            look.everything(orgs).await;
            assert!(!look.rows.is_empty(), "{} sees nothing at all", look.role);
            rows.append(&mut look.rows);
            wrong.append(&mut look.wrong);
        }
    }
    (rows, wrong)
}

/// The databases that a role can connect to: its service's own and no other.
async fn strays(house: &House) -> Vec<String> {
    let configuration = house.configuration();
    let mut wrong = Vec::new();
    for service in ["identity", "ingestion", "task", "feed", "aggregation"] {
        let url = configuration["database"][service]["url"].as_str().unwrap();
        for other in ["identity", "ingestion", "task", "feed", "aggregation", "bus", "nobody"] {
            let elsewhere = url.replacen(&format!("/oz_{service}?"), &format!("/oz_{other}?"), 1);
            if other != service && PgConnection::connect(&elsewhere).await.is_ok() {
                wrong.push(format!("oz_{service} connects to the database of {other}"));
            }
        }
    }
    wrong
}

#[test]
fn no_role_sees_a_row_of_an_organization_it_does_not_speak_for() {
    let house: &House = &House::shared();
    let scene = Scene::set(house);
    let orgs = Orgs { first: org(&scene.owner), other: org(&scene.rival) };
    let words = Traces::of(&scene.words.all().into_iter().map(tail).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (rows, mut wrong) = runtime.block_on(look(house, &orgs, &words));
    wrong.extend(runtime.block_on(strays(house)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden::holds("roles.txt", &rows);
}
