//! Who sees what comes from a source.

use access::Role;
use proto::{events::v1 as wire, task::v1 as api};
use tonic::Code;
use uuid::Uuid;

use crate::{conversations::Thread, world::World};

const ASK: &str = "Can you send me the salary list by Friday? <@U2>";

#[tokio::test(flavor = "multi_thread")]
async fn only_members_of_a_private_source_see_its_suggestions_and_what_comes_of_them() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let bob = w.member(w.a, Role::Member, "Bob", &[]).await;
    let eve = w.member(w.a, Role::Owner, "Eve", &[]).await;
    let other = w.member(w.b, Role::Owner, "Mallory", &[]).await;
    let thread = Thread::new(&w, Uuid::nil(), Some(&bob)).await;
    thread.post(&w, 0, ASK, thread.ada).await;
    assert!(w.suggestions(&bob).await.is_empty(), "unknown membership is hidden");
    // Bob by his account, Ada as herself: archives that a member brought in name the member.
    w.source_member(w.a, thread.source, thread.bob, true, 1).await;
    w.source_member(w.a, thread.source, ada.id.uuid(), true, 1).await;
    let s = w.suggestions(&bob).await.remove(0);
    assert_eq!(w.suggestions(&ada).await.len(), 1);
    for stranger in [&eve, &other] {
        assert!(w.suggestions(stranger).await.is_empty());
        assert_eq!(w.accept(stranger, &s.id).await.unwrap_err().code(), Code::NotFound);
        let reject = w.ask(stranger, api::RejectSuggestionRequest { id: s.id.clone() });
        assert_eq!(w.client().reject_suggestion(reject).await.unwrap_err().code(), Code::NotFound);
        let patch = w.ask(stranger, api::UpdateSuggestionRequest { id: s.id.clone(), ..Default::default() });
        assert_eq!(w.client().update_suggestion(patch).await.unwrap_err().code(), Code::NotFound);
    }
    let task = w.accept(&bob, &s.id).await.unwrap();
    assert_eq!(w.task(&ada, &task.id).await.unwrap().title, task.title);
    for stranger in [&eve, &other] {
        assert_eq!(w.task(stranger, &task.id).await.unwrap_err().code(), Code::NotFound);
        assert!(w.tasks(stranger).await.is_empty());
    }
    // Bob leaves the channel; an older word that he is in it comes late.
    w.source_member(w.a, thread.source, thread.bob, false, 3).await;
    w.source_member(w.a, thread.source, thread.bob, true, 2).await;
    assert_eq!(w.task(&bob, &task.id).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_source_narrows_at_once() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let thread = Thread::new(&w, w.a.uuid(), None).await;
    thread.post(&w, 0, ASK, thread.ada).await;
    assert_eq!(w.suggestions(&ada).await.len(), 1);
    w.share(w.a, thread.source, "slack", thread.source, 2).await;
    w.share(w.a, thread.source, "slack", w.a.uuid(), 1).await;
    assert!(w.suggestions(&ada).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_no_suggestion_of_the_organization_and_decides_none() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let guest = w.member(w.a, Role::Guest, "Gus", &[]).await;
    let thread = Thread::new(&w, w.a.uuid(), None).await;
    thread.post(&w, 0, ASK, thread.ada).await;
    let s = w.suggestions(&ada).await.remove(0);
    assert!(w.suggestions(&guest).await.is_empty());
    assert_eq!(w.accept(&guest, &s.id).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_source_leaves_the_accepted_task_without_its_words_to_who_saw_it() {
    let w = World::new().await;
    let bob = w.member(w.a, Role::Member, "Bob", &[]).await;
    let eve = w.member(w.a, Role::Owner, "Eve", &[]).await;
    let thread = Thread::new(&w, Uuid::nil(), Some(&bob)).await;
    w.source_member(w.a, thread.source, thread.bob, true, 1).await;
    thread.post(&w, 0, ASK, thread.ada).await;
    let s = w.suggestions(&bob).await.remove(0);
    let task = w.accept(&bob, &s.id).await.unwrap();
    let before = thread.said(&w, Uuid::nil(), wire::Verb::Created, 9, ASK, thread.ada).await;
    let before = before.envelop(w.a, &access::TicketKey::new(&[3; 32]), &w.entropy).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    w.remove(w.a, thread.source, 2).await;
    let record =
        bus::Record::new(before.partition_key.to_vec(), before.bytes, before.event_id.uuid().into_bytes());
    w.bus.publish(before.topic, vec![record]).await.unwrap();
    let kept = w.task(&bob, &task.id).await.unwrap();
    assert!(kept.evidence.is_empty());
    assert_eq!(w.task(&eve, &task.id).await.unwrap_err().code(), Code::NotFound);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    for table in ["thread_message", "suggestion", "evidence"] {
        assert_eq!(w.sql(&format!("select count(*) from {table}")), "0", "{table}");
    }
    assert_eq!(w.sql("select count(*) from consumed"), "1", "the late message was consumed and passed over");
}
