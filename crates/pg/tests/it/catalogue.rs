//! The catalogue's test is what holds every service's second lock, so each gap is made here once, to see that it is named.

use pg::catalogue::violations;

use crate::ground::Ground;

async fn found(ground: &Ground) -> Vec<String> {
    violations(&mut ground.outside().await, "probe").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_made_by_the_rules_shows_no_gap() {
    assert_eq!(found(&Ground::new().await).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gap_is_named() {
    let gaps = [
        (
            "create table open (org_id uuid not null, primary key (org_id)) partition by hash (org_id)",
            "open : row-level security is not forced",
        ),
        (
            "create table open (org_id uuid not null, primary key (org_id)) partition by hash (org_id);
             alter table open enable row level security",
            "open : row-level security is not forced",
        ),
        ("create table whole (org_id uuid not null)", "whole : is not partitioned by hash of org_id"),
        (
            "create table listed (org_id uuid not null) partition by list (org_id)",
            "listed : is not partitioned by hash of org_id",
        ),
        ("create table nobodys (id uuid)", "nobodys : org_id is missing, nullable or not a uuid"),
        (
            "create table perhaps (org_id uuid) partition by hash (org_id)",
            "perhaps : org_id is missing, nullable or not a uuid",
        ),
        (
            "create table mail (org_id uuid not null, address text unique)",
            "mail mail_address_key: unique key does not start with org_id",
        ),
        (
            "create table other (id uuid primary key);
             create table child (org_id uuid not null, other uuid constraint to_other references other)",
            "child to_other: foreign key does not carry org_id on both sides",
        ),
        ("alter table kept owner to oz_probe", "kept oz_probe: is owned by a role that serves"),
        ("grant truncate on kept to oz_probe_queue", "kept oz_probe_queue TRUNCATE: grants more than"),
        ("grant select on kept to public", "kept public SELECT: grants more than"),
        ("grant select on kept_p0 to oz_probe", "kept_p0 oz_probe SELECT: grants more than"),
        (
            "create policy wide on kept to oz_probe using (true)",
            "kept wide: policy of the serving role is not the tenant's",
        ),
        (
            "alter policy tenant on kept with check (true)",
            "kept tenant: policy of the serving role is not the tenant's",
        ),
        (
            "create policy all_of_it on kept to public using (true)",
            "kept all_of_it: policy of the serving role is not the tenant's",
        ),
        (
            "create policy peek on kept to oz_probe_queue using (true)",
            "kept peek: queue or definer role sees a table that is not listed for it",
        ),
        (
            "create table oz.aside (org_id uuid not null)",
            "aside oz: stands where the lock does not reach",
        ),
        (
            "create foreign data wrapper w; create server there foreign data wrapper w;
             create foreign table abroad (org_id uuid not null) server there",
            "abroad public: stands where the lock does not reach",
        ),
        ("create view seen as select * from kept", "seen : view does not ask with the caller's rights"),
        (
            "create materialized view copied as select * from kept",
            "copied : materialized views escape the policies",
        ),
        (
            "create function mine() returns int language sql security definer set search_path = pg_catalog return 1;
             revoke all on function mine() from public",
            "mine : security definer function is not the definer role's",
        ),
        (
            "create function loose() returns int language sql security definer return 1;
             revoke all on function loose() from public; grant create on schema public to oz_probe_definer;
             alter function loose() owner to oz_probe_definer",
            "loose : security definer function is not the definer role's",
        ),
        (
            "create function anyones() returns int language sql security definer set search_path = pg_catalog return 1;
             grant create on schema public to oz_probe_definer; alter function anyones() owner to oz_probe_definer",
            "anyones : security definer function is not the definer role's",
        ),
    ];
    let ground = Ground::new().await;
    let schema = "drop schema public, oz cascade; create schema public authorization pg_database_owner";
    for (gap, expected) in gaps {
        ground.run(gap).await;
        let found = found(&ground).await;
        assert!(found.iter().any(|line| line.starts_with(expected)), "{gap}\nis not told: {found:#?}");
        // Anew for the next gap.
        ground.run(schema).await;
        pg::migrate(&ground.url("oz_probe_owner"), &crate::ground::MIGRATIONS).await.unwrap();
    }
    assert_eq!(found(&ground).await, [""; 0]);
}
