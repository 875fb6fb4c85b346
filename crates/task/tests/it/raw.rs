//! What is left in the database for who looks from outside.

use access::Role;
use events::{Event, topic};
use proto::{events::v1 as wire, task::v1 as api};
use uuid::Uuid;

use crate::{
    conversations::Thread,
    world::{World, bytes},
};

const TABLES: [&str; 12] = [
    "member",
    "team",
    "account",
    "source",
    "source_member",
    "list",
    "task",
    "task_change",
    "evidence",
    "thread_message",
    "suggestion",
    "threshold",
];

async fn filled(w: &World) {
    let ada = w.member(w.a, Role::Member, "Zanzibarquokka Ada", &[]).await;
    let thread = Thread::new(w, w.a.uuid(), Some(&ada)).await;
    thread.post(w, 0, "Zanzibarquokka: can you send me the Q3 forecast by Friday? <@U2>", thread.ada).await;
    let s = w.suggestions(&ada).await.remove(0);
    w.accept(&ada, &s.id).await.unwrap();
    thread.post(w, 1, "Bob, please book the zanzibarquokka room by Monday", thread.ada).await;
    let task = w.make(&ada, "Zanzibarquokka title").await;
    let fields = vec!["title".to_owned(), "labels".to_owned(), "description".to_owned()];
    let text = || "zanzibarquokka again".to_owned();
    let request = api::UpdateTaskRequest {
        id: task.id,
        fields,
        title: text(),
        labels: vec![text()],
        description: text(),
        ..Default::default()
    };
    w.update(&ada, request).await.unwrap();
    let admin = w.member(w.a, Role::Admin, "Cleo", &[]).await;
    let thresholds = Some(api::Thresholds { suggest: Some(0.5), auto: None });
    let request = api::UpdateThresholdsRequest { fields: vec!["suggest".to_owned()], thresholds };
    w.client().update_thresholds(w.ask(&admin, request)).await.unwrap();
    let list =
        api::CreateListRequest { name: "Zanzibarquokka list".to_owned(), visibility: "org".to_owned() };
    w.client().create_list(w.ask(&ada, list)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_holds_a_word_in_the_clear() {
    let w = World::new().await;
    filled(&w).await;
    let canary: String = "anzibarquokka".bytes().map(|byte| format!("{byte:02x}")).collect();
    for table in TABLES.into_iter().chain(["outbox", "consumed", "dead_letter"]) {
        let rows = w.sql(&format!("select t::text from {table} t")).to_lowercase();
        assert!(!rows.contains("anzibarquokka") && !rows.contains(&canary), "{table}");
        assert!(
            rows.len() > 20
                || matches!(table, "team" | "source_member" | "outbox" | "consumed" | "dead_letter"),
            "{table} is empty"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_lock_is_whole() {
    use sqlx::Connection;
    let w = World::new().await;
    let url = testkit::Postgres::shared().url("oz", &w.database);
    let mut conn = sqlx::PgConnection::connect(&url).await.unwrap();
    assert_eq!(pg::catalogue::violations(&mut conn, "task").await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_organization_leaves_no_row_and_takes_none() {
    let w = World::new().await;
    filled(&w).await;
    let other = w.member(w.b, Role::Member, "Bob", &[]).await;
    w.make(&other, "theirs").await;
    w.destroy_keys(w.a);
    let erased = wire::OrganizationChanged { erased: true, ..Default::default() };
    w.hear(w.a, vec![Event::new(topic::ORGANIZATION, w.a.uuid(), 1, &erased)]).await;
    let late = wire::SourceMember {
        source_id: bytes(Uuid::nil()),
        account_id: bytes(Uuid::nil()),
        present: true,
        version_us: 1,
    };
    w.hear(w.a, vec![Event::new(topic::AUDIENCE, Uuid::nil(), 1, &late)]).await;
    for table in TABLES {
        let left = w.sql(&format!("select count(*) from {table} where org_id = '{}'", w.a.uuid()));
        assert_eq!(left, "0", "{table}");
    }
    assert_eq!(w.tasks(&other).await.len(), 1);
}
