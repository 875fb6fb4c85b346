//! Pools, transactions, and what makes a database.

use std::error::Error;

use pg::{Database, Passwords, PgError, PrepareError, QueuePool, TenantPool, TenantTx};
use uuid::Uuid;

use crate::ground::{Ground, MIGRATIONS, PROVISIONING, passwords, scope};

async fn keep(tx: &mut TenantTx, org: u128, id: u128, word: &str) -> Result<(), PgError> {
    let org = Uuid::from_u128(org);
    sqlx::query("insert into kept (org_id, id, word) values ($1, $2, $3)")
        .bind(org)
        .bind(Uuid::from_u128(id))
        .bind(word)
        .execute(tx.conn())
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_stays_what_is_dropped_never_was_and_nobody_writes_for_another() {
    let ground = Ground::new().await;
    let pool = ground.pool();
    let mut tx = TenantTx::begin(&pool, &scope(1)).await.unwrap();
    keep(&mut tx, 1, 1, "mine").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = TenantTx::begin(&pool, &scope(1)).await.unwrap();
    keep(&mut tx, 1, 2, "lost").await.unwrap();
    drop(tx);
    let mut tx = TenantTx::begin(&pool, &scope(1)).await.unwrap();
    let refused = keep(&mut tx, 2, 3, "foreign").await.unwrap_err();
    assert!(matches!(&refused, PgError::Refused { code, .. } if code == "42501"), "{refused}");
    drop(tx);
    assert_eq!(ground.count("select count(*) from kept").await, 1);
    let mut tx = TenantTx::begin(&pool, &scope(2)).await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from kept").fetch_one(tx.conn()).await.unwrap();
    assert_eq!(seen, 0, "another organization's row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_constraint_and_is_not_tried_again() {
    let ground = Ground::new().await;
    let mut tx = TenantTx::begin(&ground.pool(), &scope(1)).await.unwrap();
    let refused = keep(&mut tx, 1, 1, "").await.unwrap_err();
    assert_eq!((refused.constraint(), refused.is_transient()), (Some("kept_word_check"), false));
    assert_eq!(refused.to_string(), "database refused: 23514");
    assert!(refused.source().is_some(), "for the log of the service alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_time_may_heal_is_told_from_what_it_does_not() {
    let ground = Ground::new().await;
    let mut outside = ground.outside().await;
    for (code, transient) in [
        ("40001", true),
        ("53300", true),
        ("57014", true),
        ("08006", true),
        ("55P03", true),
        ("55000", false),
        ("23505", false),
    ] {
        let raise = format!("do $$ begin raise exception using errcode = '{code}'; end $$");
        let raised = sqlx::raw_sql(sqlx::AssertSqlSafe(raise)).execute(&mut outside).await.unwrap_err();
        let error = PgError::from(raised);
        assert_eq!((error.is_transient(), error.constraint()), (transient, None), "{code}");
    }
    for (error, told) in [
        (sqlx::Error::RowNotFound, "database refused: row_not_found"),
        (sqlx::Error::Decode("not that".into()), "database refused: decode"),
        (sqlx::Error::ColumnNotFound("nowhere".into()), "database refused: client"),
    ] {
        assert_eq!(PgError::from(error).to_string(), told);
    }
    assert!(PgError::from(sqlx::Error::PoolTimedOut).is_transient());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_says_whether_its_database_answers_and_is_closed_for_all() {
    let ground = Ground::new().await;
    let pool = ground.pool();
    pool.ping().await.unwrap();
    pool.close().await;
    assert!(TenantTx::begin(&pool, &scope(1)).await.unwrap_err().is_transient());
    let queue = QueuePool::connect(&ground.url("oz_probe_queue"), 1).unwrap();
    drop(queue.begin().await.unwrap());
    queue.close().await;
    assert!(queue.begin().await.is_err());
    let nobody = TenantPool::connect(&ground.url("nobody_of_that_name"), 1).unwrap();
    assert!(nobody.ping().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_passwords_that_could_be_statements_are_refused_before_anything_is_asked() {
    let nowhere = "postgres://nobody@127.0.0.1:1/nowhere";
    for (service, name) in [("probe", "a\"b"), ("pro;be", "probe"), ("probe", "Probe"), ("Probe", "probe")] {
        let refused = pg::provision(nowhere, Database { service, name }, &passwords()).await.unwrap_err();
        assert!(matches!(refused, PrepareError::Name(_)), "{service} {name}: {refused}");
    }
    let database = Database { service: "probe_9", name: "probe_9" };
    for bad in ["", "it's", "ä", "a b"] {
        for passwords in [
            Passwords { service: bad.into(), ..passwords() },
            Passwords { queue: bad.into(), ..passwords() },
            Passwords { owner: bad.into(), ..passwords() },
        ] {
            let refused = pg::provision(nowhere, database, &passwords).await.unwrap_err();
            assert!(matches!(refused, PrepareError::Password), "{bad}: {refused}");
        }
    }
    let asked = pg::provision(nowhere, database, &passwords()).await.unwrap_err();
    assert!(matches!(asked, PrepareError::Pg(_)), "good words get as far as the server: {asked}");
    let secret = Passwords { service: "Geheimnis1".into(), ..passwords() };
    assert_eq!(format!("{secret:?}"), "Passwords(…)");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_again_changes_nothing_and_a_half_done_schema_is_finished() {
    let ground = Ground::new().await;
    let owner = ground.url("oz_probe_owner");
    // What the prelude makes is taken away: with nothing to do, it is not even looked at.
    ground.run("drop function oz.member()").await;
    let made = "select count(*) from pg_proc where proname = 'member' and pronamespace = 'oz'::regnamespace";
    pg::migrate(&owner, &MIGRATIONS).await.unwrap();
    assert_eq!(ground.count(made).await, 0);
    ground.run("drop table kept; delete from _sqlx_migrations").await;
    pg::migrate(&owner, &MIGRATIONS).await.unwrap();
    assert_eq!(ground.count(made).await, 1);
    assert_eq!(ground.count("select count(*) from kept").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn provisioning_again_sets_the_passwords_and_makes_what_is_missing() {
    let ground = Ground::bare().await;
    let _turn = PROVISIONING.lock().await;
    let database = Database { service: "again", name: &ground.name };
    pg::provision(&ground.admin, database, &passwords()).await.unwrap();
    ground.run("alter role oz_again_definer login superuser").await;
    pg::provision(&ground.admin, database, &passwords()).await.unwrap();
    let strong =
        "select count(*) from pg_roles where rolname like 'oz\\_again%' and (rolsuper or rolbypassrls)";
    assert_eq!(ground.count(strong).await, 0);
    let open = "select count(*) from pg_database d, lateral aclexplode(d.datacl) g
         where d.datname = current_database() and g.grantee = 0";
    assert_eq!(ground.count(open).await, 0, "nobody else may connect");
    let login = "select count(*) from pg_roles where rolname = 'oz_again_definer' and rolcanlogin";
    assert_eq!(ground.count(login).await, 0);

    let name = format!("{}_new", ground.name);
    let missing = Database { service: "again", name: &name };
    pg::provision(&ground.admin, missing, &passwords()).await.unwrap();
    let url = ground.url("oz_again").replace(&ground.name, &name);
    TenantPool::connect(&url, 1).unwrap().ping().await.unwrap();
}
