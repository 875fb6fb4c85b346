//! Who sees nothing: other organizations, guests, people outside a source, the database itself.

use access::Role;
use events::topic;
use proto::{events::v1 as wire, feed::v1 as api};
use sqlx::{Connection, PgConnection};
use testkit::Postgres;
use tonic::Code;
use uuid::Uuid;

use crate::ground::{Asker, CANARY, Ground, Say, database, sql};

/// Nothing anywhere: lists, pages, hits, counts, facets.
async fn sees_nothing(asker: &Asker) {
    for scope in ["org", "me"] {
        assert!(asker.list(scope).await.is_empty());
    }
    for q in ["secret", "-nothing", "kind:message", "from:spy"] {
        let found = asker.search(q).await;
        assert_eq!((found.hits.len(), found.total), (0, 0), "{q}");
        assert!(found.facets.iter().all(|facet| facet.values.is_empty()), "{q}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_see_nothing_of_each_other() {
    let ground = Ground::start().await;
    let (org, other) = (ground.org(), ground.org());
    let source = org.id();
    org.share(source, "#secret", org.id.uuid(), 1).await;
    org.say([Say::message(
        source,
        org.id(),
        org.id(),
        org.account("Spy", None).await,
        ground.now_us(),
        "secret",
    )])
    .await;
    assert_eq!(org.asker(org.id(), Role::Member, &[]).search("secret").await.total, 1);
    sees_nothing(&other.asker(other.id(), Role::Owner, &[])).await;
    // The same ids in another organization are other things.
    other.share(source, "#other", other.id.uuid(), 1).await;
    sees_nothing(&other.asker(other.id(), Role::Owner, &[])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_and_people_outside_a_source_see_nothing_of_it() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (open, private, own, team) = (org.id(), org.id(), org.id(), org.id());
    let (insider, keeper) = (org.id(), org.id());
    let account = org.account("Spy", Some(insider)).await;
    org.share(open, "#open", org.id.uuid(), 1).await;
    org.share(private, "#private", private, 1).await;
    org.share(own, "archive", own, 1).await;
    let member = |source: Uuid, of: Uuid, present, version_us| wire::SourceMember {
        source_id: source.as_bytes().to_vec(),
        account_id: of.as_bytes().to_vec(),
        present,
        version_us,
    };
    org.tell(topic::AUDIENCE, private, &member(private, account, true, 1)).await;
    org.tell(topic::AUDIENCE, own, &member(own, keeper, true, 1)).await;
    org.say([
        Say::message(open, org.id(), org.id(), account, ground.now_us(), "secret in the open"),
        Say {
            mentions: vec![account],
            ..Say::message(private, org.id(), org.id(), account, ground.now_us(), "secret inside")
        },
        Say::message(own, org.id(), org.id(), account, ground.now_us(), "secret of one"),
    ])
    .await;
    sees_nothing(&org.asker(org.id(), Role::Guest, &[team])).await;
    let of = |asker: Asker| async move { asker.titles("secret").await };
    assert_eq!(of(org.asker(org.id(), Role::Owner, &[])).await, ["secret in the open"]);
    assert_eq!(of(org.asker(insider, Role::Member, &[])).await, ["secret inside", "secret in the open"]);
    assert_eq!(of(org.asker(insider, Role::Guest, &[])).await, ["secret inside"]);
    assert_eq!(of(org.asker(keeper, Role::Guest, &[])).await, ["secret of one"]);
    // Leaving the source ends it at once; an older word does not bring it back.
    org.tell(topic::AUDIENCE, private, &member(private, account, false, 5)).await;
    org.tell(topic::AUDIENCE, private, &member(private, account, true, 2)).await;
    sees_nothing(&org.asker(insider, Role::Guest, &[])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_no_longer_shared_leaves_no_row_and_stays_away() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, member) = (org.id(), org.id());
    org.share(source, "#soon", org.id.uuid(), 1).await;
    let say = Say::message(source, org.id(), org.id(), org.id(), ground.now_us(), "secret");
    org.say([say.clone()]).await;
    let asker = org.asker(member, Role::Member, &[]);
    let mark =
        api::MarkSeenRequest { story_ids: vec![asker.list("org").await.remove(0).id], up_to_position: 0 };
    asker.client().mark_seen(asker.with(mark)).await.unwrap();
    org.unshare(source, 3).await;
    org.say([say.clone()]).await;
    // Sharing from before the removal does not bring it back.
    org.share(source, "#soon", org.id.uuid(), 2).await;
    sees_nothing(&asker).await;
    for table in
        ["item", "activity", "story", "story_past", "story_person", "search_doc", "seen", "source_member"]
    {
        let rows = sql(&format!("select count(*) from {table} where org_id = '{}'", org.id.uuid()));
        assert_eq!(rows.trim(), "0", "{table}");
    }
    // Shared anew, it begins anew.
    org.share(source, "#soon", org.id.uuid(), 4).await;
    org.say([say]).await;
    assert_eq!(asker.search("secret").await.total, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_on_invisible_things_do_nothing() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, team, story) = (org.id(), org.id(), org.id());
    org.share(source, "#closed", team, 1).await;
    org.say([Say::message(source, story, org.id(), org.id(), ground.now_us(), "secret")]).await;
    let outsider = org.asker(org.id(), Role::Owner, &[]);
    let id = ids::StoryId::from_uuid(story).to_string();
    let mark = api::MarkSeenRequest { story_ids: vec![id.clone()], up_to_position: 0 };
    outsider.client().mark_seen(outsider.with(mark)).await.unwrap();
    assert_eq!(sql(&format!("select count(*) from seen where story_id = '{story}'")).trim(), "0");
    for (kind, id) in [("story", id), ("source", ids::SourceId::from_uuid(source).to_string())] {
        let mute = api::PutMuteRequest { kind: kind.into(), id };
        assert_eq!(outsider.client().put_mute(outsider.with(mute)).await.unwrap_err().code(), Code::NotFound);
    }
    let nobody = outsider.client().list_stories(api::ListStoriesRequest::default()).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_serving_role_cannot_read_terms_and_finds_nothing_without_a_scope() {
    let mut service = PgConnection::connect(&Postgres::shared().url("oz_feed", database())).await.unwrap();
    for refused in [
        "select terms from search_doc",
        "select * from search_doc",
        "select count(occurred_us) from search_doc",
    ] {
        let error = sqlx::query(refused).execute(&mut service).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501", "{refused}");
    }
    let ground = Ground::start().await;
    let org = ground.org();
    let source = org.id();
    org.share(source, "#open", org.id.uuid(), 1).await;
    org.say([Say::message(source, org.id(), org.id(), org.id(), ground.now_us(), "secret")]).await;
    let ask = "select count(*) from search_docs(null, '{}', '{}', null, null, null, null, 10)";
    let count = |rows: (i64,)| rows.0;
    assert_eq!(sqlx::query_as(ask).fetch_one(&mut service).await.map(count).unwrap(), 0);
    // An organization alone is no audience.
    let scope = format!("set oz.org = '{}'", org.id.uuid());
    sqlx::raw_sql(sqlx::AssertSqlSafe(scope)).execute(&mut service).await.unwrap();
    assert_eq!(sqlx::query_as(ask).fetch_one(&mut service).await.map(count).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_holds_a_word_in_the_clear() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, team) = (org.id(), org.id());
    let by = org.account(CANARY, None).await;
    org.member(org.id(), CANARY, "member", true).await;
    org.team(team, CANARY, &[]).await;
    org.share(source, CANARY, org.id.uuid(), 1).await;
    let say = Say::message(source, org.id(), org.id(), by, ground.now_us(), CANARY);
    org.say([Say { title: CANARY, thing_title: CANARY, ..say }]).await;
    assert_eq!(org.asker(org.id(), Role::Member, &[]).search(CANARY).await.total, 1);
    let tables = sql(
        "select string_agg(relname, ' ') from pg_class where relnamespace = 'public'::regnamespace and relkind = 'p'",
    );
    let stem = &CANARY.to_lowercase()[..8];
    for table in tables.split_whitespace() {
        // Text and bytes alike: a bytea prints as hexadecimal, so its bytes are looked at as text in that form too.
        let hex: String = stem.bytes().map(|byte| format!("{byte:02x}")).collect();
        let upper: String = CANARY.bytes().take(8).map(|byte| format!("{byte:02x}")).collect();
        let rows = sql(&format!(
            "select count(*) from {table} t where t::text ilike '%{stem}%' or t::text like '%{hex}%' or t::text like '%{upper}%'"
        ));
        assert_eq!(rows.trim(), "0", "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_lock_is_whole() {
    let mut admin = PgConnection::connect(&Postgres::shared().url("oz", database())).await.unwrap();
    let violations = pg::catalogue::violations(&mut admin, "feed").await.unwrap();
    assert!(violations.is_empty(), "{violations:#?}");
}
