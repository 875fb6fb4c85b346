//! Events from one transaction to another, over real PostgreSQL and the embedded bus: each has its effect once.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::{sync::Arc, time::Duration};

use access::{TenantScope, TicketKey};
use async_trait::async_trait;
use bus::{Bus, Embedded, EmbeddedOptions};
use clock::{Clock, Entropy};
use events::{Event, Received, topic};
use ids::OrgId;
use lifecycle::Supervisor;
use outbox::{Consumer, Emitter, HandleError, Handler, Pruner, Relay};
use pg::{Database, Passwords, QueuePool, TenantPool, TenantTx};
use proto::events::v1::SourceRemoved;
use sqlx::Row;
use uuid::Uuid;

static MIGRATIONS: pg::Migrator = sqlx::migrate!("./tests/it/migrations");

/// Counts each source's events; a revision below zero is poison.
struct Count;

#[async_trait]
impl Handler for Count {
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        for event in events {
            let Some(removed) = event.decode::<SourceRemoved>()? else { continue };
            if removed.revision < 0 {
                return Err(HandleError::Poison("negative".to_owned()));
            }
            sqlx::query(
                "insert into effect as e (org_id, source_id, applied) values ($1, $2, 1)
                 on conflict (org_id, source_id) do update set applied = e.applied + 1",
            )
            .bind(tx.org().uuid())
            .bind(Uuid::from_slice(&removed.source_id).unwrap())
            .execute(tx.conn())
            .await?;
        }
        Ok(())
    }
}

struct World {
    /// As the superuser, past the doors.
    admin: String,
    pool: TenantPool,
    queue: QueuePool,
    bus: Arc<dyn Bus>,
    key: TicketKey,
    emitter: Emitter,
}

/// Roles belong to the whole cluster, so the tests of this process make theirs one after the other.
static PROVISIONING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl World {
    async fn new() -> Self {
        let _turn = PROVISIONING.lock().await;
        let (admin, log) = tokio::task::spawn_blocking(|| {
            let postgres = testkit::Postgres::shared();
            (postgres.database("probe"), postgres.database("bus"))
        })
        .await
        .unwrap();
        let name = admin.rsplit('/').next().unwrap().to_owned();
        let password = "probe".to_owned();
        let passwords = Passwords { service: password.clone(), queue: password.clone(), owner: password };
        pg::provision(&admin, Database { service: "probe", name: &name }, &passwords).await.unwrap();
        let url = |role: &str| admin.replacen("://oz@", &format!("://{role}:probe@"), 1);
        let mut owner = sqlx::PgConnection::connect_as(&admin).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("alter database {name} owner to oz_probe_owner")))
            .execute(&mut owner)
            .await
            .unwrap();
        pg::migrate(&url("oz_probe_owner"), &MIGRATIONS).await.unwrap();
        Embedded::migrate(&log).await.unwrap();
        let bus = Embedded::open(&log, EmbeddedOptions::default()).await.unwrap();
        bus.ensure_topics(&[(topic::AUDIENCE, 2)]).await.unwrap();
        let key = TicketKey::new(&[7; 32]);
        Self {
            admin: admin.clone(),
            pool: TenantPool::connect(&url("oz_probe"), 5).unwrap(),
            queue: QueuePool::connect(&url("oz_probe_queue"), 3).unwrap(),
            bus: Arc::new(bus),
            emitter: Emitter::new(key.clone(), Entropy::new(Clock::system())),
            key,
        }
    }

    /// Runs a statement from outside; the numbers it answers with.
    async fn look(&self, sql: &'static str) -> Vec<i64> {
        let mut outside = sqlx::PgConnection::connect_as(&self.admin).await;
        sqlx::query_scalar(sql).fetch_all(&mut outside).await.unwrap()
    }

    fn scope(&self, org: OrgId) -> TenantScope {
        TenantScope::of_ticket(&self.key, org, b"", &self.key.issue(org, b"")).unwrap()
    }

    async fn emit(&self, org: OrgId, source: Uuid, revision: i64) {
        let mut tx = TenantTx::begin(&self.pool, &self.scope(org)).await.unwrap();
        let payload = SourceRemoved { source_id: source.as_bytes().to_vec(), revision };
        self.emitter.append(&mut tx, [Event::new(topic::AUDIENCE, source, 0, &payload)]).await.unwrap();
        self.emitter.commit(tx).await.unwrap();
    }

    fn run(&self) -> Supervisor {
        let mut supervisor = Supervisor::new();
        let shutdown = supervisor.shutdown();
        supervisor.spawn(
            "relay",
            Relay::new(self.queue.clone(), self.bus.clone(), &self.emitter).run(shutdown.clone()),
        );
        let consumer = Consumer {
            group: "probe",
            topics: &[topic::AUDIENCE],
            bus: self.bus.clone(),
            pool: self.pool.clone(),
            rest: Duration::ZERO,
            key: self.key.clone(),
            emitter: self.emitter.clone(),
            handler: Count,
        };
        supervisor.spawn("consumer", consumer.run(shutdown));
        supervisor
    }

    async fn applied(&self, org: OrgId, source: Uuid) -> i64 {
        let mut tx = TenantTx::begin(&self.pool, &self.scope(org)).await.unwrap();
        let row = sqlx::query(
            "select coalesce(sum(applied), 0)::bigint from effect where org_id = $1 and source_id = $2",
        )
        .bind(org.uuid())
        .bind(source)
        .fetch_one(tx.conn())
        .await
        .unwrap();
        row.get(0)
    }

    async fn until_applied(&self, org: OrgId, source: Uuid, times: i64) {
        for _ in 0..400 {
            if self.applied(org, source).await == times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("applied {} times, not {times}", self.applied(org, source).await);
    }
}

/// A connection of the test's own, past the doors.
trait Connect {
    async fn connect_as(url: &str) -> sqlx::PgConnection;
}

impl Connect for sqlx::PgConnection {
    async fn connect_as(url: &str) -> sqlx::PgConnection {
        <sqlx::PgConnection as sqlx::Connection>::connect(url).await.unwrap()
    }
}

fn org(n: u128) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(n))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_its_effect_once_however_often_it_is_delivered() {
    let world = World::new().await;
    let (a, source) = (org(1), Uuid::from_u128(10));
    world.emit(a, source, 1).await;
    let running = world.run();
    world.until_applied(a, source, 1).await;
    // The same records again, as after a relay that died between publishing and deleting.
    for partition in 0..2 {
        let seen = world.bus.read_from(topic::AUDIENCE, partition, 0, 100).await.unwrap();
        let again: Vec<_> = seen.into_iter().map(|delivered| delivered.record).collect();
        world.bus.publish(topic::AUDIENCE, again).await.unwrap();
    }
    world.emit(a, source, 2).await;
    world.until_applied(a, source, 2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.applied(a, source).await, 2);
    assert_eq!(world.applied(org(2), source).await, 0, "another organization has none of it");
    running.run(async {}, Duration::from_secs(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_kept_with_its_reason_and_stops_nobody_else() {
    let world = World::new().await;
    let (a, bad, good) = (org(1), Uuid::from_u128(20), Uuid::from_u128(21));
    world.emit(a, bad, -1).await;
    world.emit(a, good, 1).await;
    let running = world.run();
    world.until_applied(a, good, 1).await;
    let letters = async {
        loop {
            let letters = outbox::dead_letters(&world.queue, 10).await.unwrap();
            if !letters.is_empty() {
                break letters;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    let letters = tokio::time::timeout(Duration::from_secs(10), letters).await.unwrap();
    assert_eq!((letters.len(), letters[0].org, letters[0].reason.as_str()), (1, a, "negative"));
    // Still poison: replayed, it is buried again and not lost.
    assert!(outbox::replay(&world.queue, letters[0].event).await.unwrap());
    assert!(!outbox::replay(&world.queue, ids::EventId::from_uuid(Uuid::nil())).await.unwrap());
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(outbox::dead_letters(&world.queue, 10).await.unwrap().len(), 1);
    running.run(async {}, Duration::from_secs(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_was_never_told() {
    let world = World::new().await;
    let (a, source) = (org(1), Uuid::from_u128(30));
    let mut tx = TenantTx::begin(&world.pool, &world.scope(a)).await.unwrap();
    let payload = SourceRemoved { source_id: source.as_bytes().to_vec(), revision: 1 };
    world.emitter.append(&mut tx, [Event::new(topic::AUDIENCE, source, 0, &payload)]).await.unwrap();
    drop(tx);
    let running = world.run();
    world.emit(a, source, 2).await;
    world.until_applied(a, source, 1).await;
    running.run(async {}, Duration::from_secs(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_in_the_database_is_whole_and_a_pooled_connection_carries_no_scope() {
    let world = World::new().await;
    world.emit(org(1), Uuid::from_u128(40), 1).await;
    let mut tx = TenantTx::begin(&world.pool, &world.scope(org(1))).await.unwrap();
    let found = pg::catalogue::violations(tx.conn(), "probe").await.unwrap();
    assert_eq!(found, Vec::<String>::new());
    tx.commit().await.unwrap();
    for _ in 0..8 {
        let scope: Option<String> = sqlx::query("select nullif(current_setting('oz.org', true), '')")
            .fetch_one(world.pool.without_scope())
            .await
            .unwrap()
            .get(0);
        assert_eq!(scope, None);
    }
    let refused = sqlx::query("truncate effect").execute(world.pool.without_scope()).await;
    assert!(refused.is_err());
    let refused = sqlx::query("select * from effect_p0").execute(world.pool.without_scope()).await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_bus_takes_becomes_a_dead_letter_and_holds_nobody_up() {
    let world = World::new().await;
    let (a, source) = (org(1), Uuid::from_u128(50));
    world
        .look(
            "insert into outbox (org_id, topic, key, event_id, envelope)
             select gen_random_uuid(), case when n = 0 then 'oz.ingestion.audience.v1' else 'oz.nowhere.v1' end, '\\x00',
                 gen_random_uuid(), case when n = 0 then decode(repeat('00', 4194304), 'hex') else '\\x00' end
             from generate_series(0, 600) n",
        )
        .await;
    // Forged ones go as far as the consumers, who do not believe them.
    world
        .look(
            "insert into outbox (org_id, topic, key, event_id, envelope)
             select gen_random_uuid(), 'oz.ingestion.audience.v1', '\\x00', gen_random_uuid(), '\\xabab' from generate_series(1, 300)",
        )
        .await;
    world.emit(a, source, 1).await;
    let running = world.run();
    world.until_applied(a, source, 1).await;
    let reasons = "select count(*) from dead_letter group by reason order by reason";
    assert_eq!(world.look(reasons).await, [600, 1]);
    assert_eq!(world.look("select count(*) from outbox").await, [0]);
    running.run(async {}, Duration::from_secs(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_applied_events_are_forgotten_long_after_the_bus_has_forgotten_the_events() {
    let world = World::new().await;
    let clock = Clock::fixed(Clock::system().now());
    world
        .look(
            "insert into consumed (org_id, event_id, at)
             select gen_random_uuid(), gen_random_uuid(), now() + make_interval(days => n % 2 * 10) from generate_series(1, 5000) n",
        )
        .await;
    let mut pruning = Supervisor::new();
    let pruner = Pruner::new(world.queue.clone(), clock.clone()).every(Duration::from_millis(20));
    pruning.spawn("pruner", pruner.run(pruning.shutdown()));
    let kept = async || world.look("select count(*) from consumed").await[0];
    for (days, expected) in [(0, 5_000), (13, 5_000), (2, 2_500), (8, 2_500), (2, 0)] {
        clock.advance(chrono::TimeDelta::days(days));
        for _ in 0..400 {
            if kept().await == expected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(kept().await, expected);
    }
    pruning.run(async {}, Duration::from_secs(3)).await.unwrap();
}
