//! What an organization wants suggested, and what done unasked.

use access::Role;
use proto::{events::v1 as wire, task::v1 as api};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    conversations::{Thread, WEDNESDAY},
    world::{Caller, NowV4, World},
};

const ASK: &str = "Zanzibarquokka budget: can you send me the Q3 forecast by Friday? <@U2>";

async fn choose(
    w: &World,
    caller: &Caller,
    suggest: Option<f32>,
    auto: Option<f32>,
) -> Result<api::UpdateThresholdsResponse, Status> {
    let request = api::UpdateThresholdsRequest {
        fields: ["suggest", "auto"].map(str::to_owned).to_vec(),
        thresholds: Some(api::Thresholds { suggest, auto }),
    };
    Ok(w.client().update_thresholds(w.ask(caller, request)).await?.into_inner())
}

async fn ground() -> (World, Caller, Caller, Thread) {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Admin, "Ada", &[]).await;
    let bob = w.member(w.a, Role::Member, "Bob Member", &[]).await;
    let thread = Thread::new(&w, w.a.uuid(), Some(&bob)).await;
    (w, ada, bob, thread)
}

/// The version of a message that is said now.
fn now(w: &World) -> i64 {
    w.entropy.clock().now_us() - WEDNESDAY
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_choose_and_a_wrong_choice_names_its_field() {
    let (w, ada, bob, _) = ground().await;
    let get = |caller| w.ask(caller, api::GetThresholdsRequest {});
    let first = w.client().get_thresholds(get(&bob)).await.unwrap().into_inner();
    assert_eq!(first.thresholds, Some(api::Thresholds::default()));
    let recommended = first.recommended.unwrap();
    assert!(recommended.suggest.unwrap() < recommended.auto.unwrap());
    assert_eq!(choose(&w, &bob, Some(0.5), None).await.unwrap_err().code(), Code::PermissionDenied);
    for (suggest, auto, field) in
        [(Some(1.5), None, "suggest"), (Some(f32::NAN), None, "suggest"), (Some(0.8), Some(0.7), "auto")]
    {
        let refused = choose(&w, &ada, suggest, auto).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.metadata().get("oz-field").unwrap(), field);
    }
    let chosen = choose(&w, &ada, Some(0.5), Some(0.9)).await.unwrap().thresholds;
    assert_eq!(chosen, Some(api::Thresholds { suggest: Some(0.5), auto: Some(0.9) }));
    // One field alone leaves the other.
    let fields = vec!["suggest".to_owned()];
    let one = api::UpdateThresholdsRequest { fields, thresholds: None };
    w.client().update_thresholds(w.ask(&ada, one)).await.unwrap();
    let last = w.client().get_thresholds(get(&ada)).await.unwrap().into_inner().thresholds;
    assert_eq!(last, Some(api::Thresholds { suggest: None, auto: Some(0.9) }));
    // The other organization has chosen nothing.
    let theirs = w.member(w.b, Role::Admin, "Eve", &[]).await;
    let theirs = w.client().get_thresholds(get(&theirs)).await.unwrap().into_inner().thresholds;
    assert_eq!(theirs, Some(api::Thresholds::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_choice_nothing_is_suggested() {
    let (w, ada, _, thread) = ground().await;
    choose(&w, &ada, Some(1.0), None).await.unwrap();
    thread.post(&w, 0, ASK, thread.ada).await;
    assert!(w.suggestions(&ada).await.is_empty());
    choose(&w, &ada, None, None).await.unwrap();
    thread.post(&w, 1, ASK, thread.ada).await;
    assert_eq!(w.suggestions(&ada).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sure_enough_is_done_unasked_and_says_so() {
    let (w, ada, bob, thread) = ground().await;
    choose(&w, &ada, None, Some(0.6)).await.unwrap();
    let item = thread.post(&w, now(&w), ASK, thread.ada).await;
    assert!(w.suggestions(&ada).await.is_empty());
    let tasks = w.tasks(&ada).await;
    assert_eq!(tasks.len(), 1);
    let task = &tasks[0];
    assert_eq!(task.assignee.clone().unwrap().member_id, bob.id.to_string());
    assert_eq!(task.evidence[0].message_id, ids::MessageId::from_uuid(item).to_string());
    let history = w.history(&ada, &task.id).await;
    assert_eq!(
        history.iter().map(|c| (c.verb.as_str(), c.actor.is_some())).collect::<Vec<_>>(),
        [("created", false)]
    );
    // The owner says so themselves: done unasked, and it can be taken back. Somebody else says it: a member decides.
    let said = |text: &'static str, by| thread.post(&w, now(&w), text, by);
    said("Done, I sent you the Q3 forecast.", thread.bob).await;
    assert_eq!(w.task(&ada, &task.id).await.unwrap().state, "done");
    w.undo(&ada, &task.id).await.unwrap();
    assert_eq!(w.task(&ada, &task.id).await.unwrap().state, "open");
    said("The Q3 forecast was sent, that is done.", thread.ada).await;
    assert_eq!(w.task(&ada, &task.id).await.unwrap().state, "open");
    assert_eq!(w.suggestions(&ada).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_message_does_nothing_twice_and_an_archive_nothing_at_all() {
    let (w, ada, _, thread) = ground().await;
    choose(&w, &ada, None, Some(0.6)).await.unwrap();
    thread.post(&w, 0, ASK, thread.ada).await;
    assert_eq!((w.tasks(&ada).await.len(), w.suggestions(&ada).await.len()), (0, 1));
    let other = Thread::new(&w, w.a.uuid(), None).await;
    let (item, at) = (Uuid::now_v4(), now(&w));
    for (version, verb, text) in [
        (at, wire::Verb::Created, "Bob, please book the big room for the board by Monday".to_owned()),
        (at + 1, wire::Verb::Edited, "Bob, please book the small room for the board by Tuesday".to_owned()),
    ] {
        let event = other.said(&w, item, verb, version, &text, other.ada).await;
        w.hear(w.a, vec![event]).await;
    }
    assert_eq!(w.tasks(&ada).await.len(), 1);
    let open = w.suggestions(&ada).await;
    assert_eq!(open.len(), 2, "the edited words are for a member to decide: {open:?}");
}
