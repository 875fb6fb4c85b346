//! Messages become suggestions, suggestions become tasks.

use access::Role;
use proto::{events::v1 as wire, task::v1 as api};
use tonic::Code;
use uuid::Uuid;

use crate::world::{Caller, NowV4, World, bytes, eventually};

/// Wednesday, 4 March 2026, 10:00 UTC.
pub const WEDNESDAY: i64 = 1_772_618_400_000_000;
const CANARY: &str = "Zanzibarquokka budget: can you send me the Q3 forecast by Friday? <@U2>";

pub struct Thread {
    pub source: Uuid,
    pub thing: Uuid,
    pub ada: Uuid,
    pub bob: Uuid,
}

impl Thread {
    pub async fn new(w: &World, audience: Uuid, bob: Option<&Caller>) -> Self {
        let source = Uuid::now_v4();
        w.share(w.a, source, "slack", if audience.is_nil() { source } else { audience }, 1).await;
        let (ada, bob) = (w.account(w.a, "Ada", None).await, w.account(w.a, "Bob", bob).await);
        Self { source, thing: Uuid::now_v4(), ada, bob }
    }

    pub async fn said(
        &self,
        w: &World,
        item: Uuid,
        verb: wire::Verb,
        version: i64,
        text: &str,
        by: Uuid,
    ) -> events::Event {
        let mentioned = if text.contains("<@U2>") { vec![bytes(self.bob)] } else { vec![] };
        let activity = wire::Activity {
            source_id: bytes(self.source),
            thing_id: bytes(self.thing),
            thing_kind: wire::ThingKind::Conversation.into(),
            item_id: bytes(item),
            kind: wire::ItemKind::Message.into(),
            verb: verb.into(),
            account_id: bytes(by),
            occurred_at_us: WEDNESDAY + version,
            version_us: WEDNESDAY + version,
            mentioned_accounts: mentioned,
            provider: "slack".to_owned(),
            ..Default::default()
        };
        let content =
            wire::Content { text: text.to_owned(), actor_name: "Ada".to_owned(), ..Default::default() };
        w.activity(w.a, activity, (verb != wire::Verb::Deleted).then_some(content)).await
    }

    pub async fn post(&self, w: &World, version: i64, text: &str, by: Uuid) -> Uuid {
        let item = Uuid::now_v4();
        let event = self.said(w, item, wire::Verb::Created, version, text, by).await;
        w.hear(w.a, vec![event]).await;
        item
    }
}

async fn ground() -> (World, Caller, Caller, Thread) {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let bob = w.member(w.a, Role::Member, "Bob Member", &[]).await;
    let thread = Thread::new(&w, w.a.uuid(), Some(&bob)).await;
    (w, ada, bob, thread)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ask_becomes_a_suggestion_with_its_words_its_owner_and_its_day() {
    let (w, ada, bob, thread) = ground().await;
    let item = thread.post(&w, 0, CANARY, thread.ada).await;
    let suggestions = w.suggestions(&ada).await;
    assert_eq!(suggestions.len(), 1, "{suggestions:?}");
    let s = &suggestions[0];
    assert_eq!((s.change.as_str(), s.status.as_str(), s.due_on.as_str()), ("create", "open", "2026-03-06"));
    assert_eq!(s.message_id, ids::MessageId::from_uuid(item).to_string());
    assert_eq!(CANARY.get(s.quote_start as usize..s.quote_end as usize), Some(s.quote.as_str()));
    assert!(s.quote.contains("send me the Q3 forecast"), "{}", s.quote);
    assert!(s.title.to_lowercase().contains("forecast") && s.confidence >= 0.5 && !s.reasons.is_empty());
    let owner = s.assignee.clone().unwrap();
    assert_eq!((owner.member_id, owner.name.as_str()), (bob.id.to_string(), "Bob Member"));
    let source = s.source.clone().unwrap();
    assert_eq!((source.provider.as_str(), source.key.as_str()), ("slack", "#general"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_heard_again_is_the_same_suggestion() {
    let (w, ada, _, thread) = ground().await;
    let item = thread.post(&w, 0, CANARY, thread.ada).await;
    let first = w.suggestions(&ada).await;
    for _ in 0..3 {
        let again = thread.said(&w, item, wire::Verb::Created, 0, CANARY, thread.ada).await;
        w.hear(w.a, vec![again]).await;
    }
    assert_eq!(w.suggestions(&ada).await, first);
    // The same ask, once more in the thread, is the same ask.
    thread.post(&w, 5_000_000, CANARY, thread.ada).await;
    assert_eq!(w.suggestions(&ada).await.len(), 1);
    // When the first is gone, the second still asks.
    let gone = thread.said(&w, item, wire::Verb::Deleted, 6_000_000, "", thread.ada).await;
    w.hear(w.a, vec![gone]).await;
    let left = w.suggestions(&ada).await;
    assert_eq!(left.len(), 1);
    assert_ne!(left[0].message_id, first[0].message_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_accept_at_once_get_one_task_with_its_evidence() {
    let (w, ada, bob, thread) = ground().await;
    thread.post(&w, 0, CANARY, thread.ada).await;
    let s = w.suggestions(&ada).await.remove(0);
    let (one, two) = tokio::join!(w.accept(&ada, &s.id), w.accept(&bob, &s.id));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one, two);
    assert_eq!(w.accept(&ada, &s.id).await.unwrap(), one);
    assert_eq!(w.sql("select count(*) from task"), "1");
    assert_eq!((one.title.as_str(), one.due_on.as_str()), (s.title.as_str(), "2026-03-06"));
    assert_eq!(one.evidence, [api::Evidence { message_id: s.message_id.clone(), quote: s.quote.clone() }]);
    assert_eq!(one.assignee.unwrap().member_id, bob.id.to_string());
    assert!(w.suggestions(&ada).await.is_empty());
    let reject = api::RejectSuggestionRequest { id: s.id.clone() };
    assert_eq!(
        w.client().reject_suggestion(w.ask(&ada, reject)).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    eventually("one decision is told", || async {
        let told: Vec<wire::AuditEntry> = w.told(w.a, events::topic::AUDIT).await;
        told.iter().filter(|entry| entry.action == "suggestion.accepted").count() == 1
    })
    .await;
    let told: Vec<wire::TaskChanged> = w.told(w.a, events::topic::TASK).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].source_id.clone(), told[0].assignee_member_id.clone()),
        (bytes(thread.source), bob.id.to_vec())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_message_renews_or_withdraws_what_it_asked() {
    let (w, ada, _, thread) = ground().await;
    let item = thread.post(&w, 0, CANARY, thread.ada).await;
    let edited = CANARY.replace("Friday", "Thursday");
    w.hear(w.a, vec![thread.said(&w, item, wire::Verb::Edited, 1, &edited, thread.ada).await]).await;
    let renewed = w.suggestions(&ada).await;
    assert_eq!(renewed.iter().map(|s| s.due_on.as_str()).collect::<Vec<_>>(), ["2026-03-05"]);
    w.hear(
        w.a,
        vec![thread.said(&w, item, wire::Verb::Edited, 2, "Thanks, all good now.", thread.ada).await],
    )
    .await;
    assert!(w.suggestions(&ada).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_takes_suggestion_and_quote_along_but_not_the_task() {
    let (w, ada, _, thread) = ground().await;
    let kept = thread.post(&w, 0, CANARY, thread.ada).await;
    let s = w.suggestions(&ada).await.remove(0);
    let task = w.accept(&ada, &s.id).await.unwrap();
    let open = thread
        .post(&w, 1_000_000, "Bob, please book the meeting room for the board by Monday", thread.ada)
        .await;
    assert_eq!(w.suggestions(&ada).await.len(), 1);
    let mut gone = Vec::new();
    for item in [kept, open] {
        gone.push(thread.said(&w, item, wire::Verb::Deleted, 9_000_000, "", thread.ada).await);
    }
    w.hear(w.a, gone).await;
    assert!(w.suggestions(&ada).await.is_empty());
    let task = w.task(&ada, &task.id).await.unwrap();
    assert!(task.evidence.is_empty());
    assert_eq!(w.sql("select count(*) from thread_message where content is not null"), "0");
    assert_eq!(w.sql("select count(*) from suggestion where body is not null"), "0");
    // A late first version does not bring it back.
    w.hear(w.a, vec![thread.said(&w, open, wire::Verb::Created, 1_000_000, CANARY, thread.ada).await]).await;
    assert!(w.suggestions(&ada).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_suggestion_keeps_the_members_words_and_a_rejected_one_stays_away() {
    let (w, ada, bob, thread) = ground().await;
    let item = thread.post(&w, 0, CANARY, thread.ada).await;
    let s = w.suggestions(&ada).await.remove(0);
    let patch = api::UpdateSuggestionRequest {
        id: s.id.clone(),
        fields: ["title", "assignee", "due_on"].map(str::to_owned).to_vec(),
        title: "Forecast to Ada".to_owned(),
        assignee: ada.id.to_string(),
        due_on: "2026-04-01".to_owned(),
    };
    w.client().update_suggestion(w.ask(&bob, patch)).await.unwrap();
    w.hear(
        w.a,
        vec![
            thread
                .said(&w, item, wire::Verb::Edited, 1, &format!("Good morning all.\n{CANARY}"), thread.ada)
                .await,
        ],
    )
    .await;
    let changed = w.suggestions(&ada).await;
    assert!(changed.iter().any(|s| s.title == "Forecast to Ada" && s.due_on == "2026-04-01"), "{changed:?}");
    for s in changed {
        let reject = || w.ask(&ada, api::RejectSuggestionRequest { id: s.id.clone() });
        let rejected = w.client().reject_suggestion(reject()).await.unwrap().into_inner().suggestion.unwrap();
        assert_eq!(rejected.status, "rejected");
        assert!(w.client().reject_suggestion(reject()).await.is_ok());
        assert_eq!(w.accept(&ada, &s.id).await.unwrap_err().code(), Code::AlreadyExists);
    }
    w.hear(w.a, vec![thread.said(&w, item, wire::Verb::Edited, 2, CANARY, thread.ada).await]).await;
    assert!(w.suggestions(&ada).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_in_the_thread_suggests_that_the_task_is_done() {
    let (w, ada, bob, thread) = ground().await;
    thread.post(&w, 0, CANARY, thread.ada).await;
    let s = w.suggestions(&ada).await.remove(0);
    let task = w.accept(&ada, &s.id).await.unwrap();
    thread.post(&w, 60_000_000, "Done, I sent you the Q3 forecast.", thread.bob).await;
    let updates: Vec<_> = w.suggestions(&bob).await;
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert_eq!((updates[0].change.as_str(), updates[0].state.as_str()), ("update", "done"));
    assert_eq!(updates[0].task_id, task.id);
    let done = w.accept(&bob, &updates[0].id).await.unwrap();
    assert_eq!((done.id, done.state.as_str(), done.evidence.len()), (task.id, "done", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_keeps_its_newest_fifty_messages_and_a_batch_is_one_transaction() {
    let (w, _, _, thread) = ground().await;
    let mut events = Vec::new();
    for n in 0..500 {
        events.push(
            thread
                .said(
                    &w,
                    Uuid::now_v4(),
                    wire::Verb::Created,
                    n * 1_000_000,
                    &format!("note {n}"),
                    thread.ada,
                )
                .await,
        );
    }
    w.hear(w.a, events).await;
    assert_eq!(
        w.sql("select count(*) || ' ' || max(occurred_at_us) from thread_message"),
        format!("50 {}", WEDNESDAY + 499_000_000)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_not_listened_to() {
    let (w, ada, _, thread) = ground().await;
    let event = thread.said(&w, Uuid::now_v4(), wire::Verb::Created, 0, CANARY, thread.ada).await;
    let mut activity = w.received(w.a, event).decode::<wire::Activity>().unwrap().unwrap();
    activity.bot = true;
    w.hear(w.a, vec![w.activity(w.a, activity, None).await]).await;
    assert!(w.suggestions(&ada).await.is_empty());
    assert_eq!(w.sql("select count(*) from thread_message"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_over_the_bus_is_a_suggestion_once() {
    let (w, ada, _, thread) = ground().await;
    let item = Uuid::now_v4();
    for _ in 0..2 {
        w.publish(w.a, thread.said(&w, item, wire::Verb::Created, 0, CANARY, thread.ada).await).await;
    }
    eventually("the suggestion", || async { w.suggestions(&ada).await.len() == 1 }).await;
}
