//! Issues of a provider as tasks.

use access::Role;
use proto::{events::v1 as wire, task::v1 as api};
use tonic::Code;
use uuid::Uuid;

use crate::world::{Caller, NowV4, World, bytes};

struct Issue {
    source: Uuid,
    item: Uuid,
}

impl Issue {
    fn activity(
        &self,
        verb: wire::Verb,
        state: wire::State,
        version_us: i64,
        assignees: &[Uuid],
    ) -> wire::Activity {
        wire::Activity {
            source_id: bytes(self.source),
            thing_id: bytes(self.item),
            thing_kind: wire::ThingKind::Task.into(),
            item_id: bytes(self.item),
            kind: wire::ItemKind::Task.into(),
            verb: verb.into(),
            occurred_at_us: version_us,
            version_us,
            assignee_accounts: assignees.iter().copied().map(bytes).collect(),
            state: state.into(),
            provider: "github".to_owned(),
            ..Default::default()
        }
    }
}

fn content(title: &str, state: &str) -> wire::Content {
    wire::Content {
        title: title.to_owned(),
        text: "It crashes.".to_owned(),
        url: "https://github.com/octo/repo/issues/7".to_owned(),
        labels: vec!["bug".to_owned()],
        provider_state: state.to_owned(),
        ..Default::default()
    }
}

async fn ground() -> (World, Caller, Issue) {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let issue = Issue { source: Uuid::now_v4(), item: Uuid::now_v4() };
    w.share(w.a, issue.source, "github", w.a.uuid(), 1).await;
    (w, ada, issue)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_opened_assigned_and_closed_is_a_task_that_follows() {
    let (w, ada, issue) = ground().await;
    let account = w.account(w.a, "octocat", Some(&ada)).await;
    let opened = issue.activity(wire::Verb::Created, wire::State::Open, 1_000_000, &[]);
    let opened = w.activity(w.a, opened, Some(content("Crash on start", "open"))).await;
    w.hear(w.a, vec![opened]).await;
    let task = w.tasks(&ada).await.remove(0);
    assert_eq!(
        (task.title.as_str(), task.state.as_str(), task.provider_state.as_str()),
        ("Crash on start", "open", "open")
    );
    assert_eq!(task.labels, ["bug"]);
    let link = &task.links[0];
    assert_eq!(
        (link.provider.as_str(), link.key.as_str(), link.sync.as_str()),
        ("github", "octo/repo#7", "in_sync")
    );

    // Assigned and closed within the same second, in one batch.
    let assigned = issue.activity(wire::Verb::Assigned, wire::State::Open, 2_000_000, &[account]);
    let assigned = w.activity(w.a, assigned, Some(content("Crash on start", "open"))).await;
    let closed = issue.activity(wire::Verb::Completed, wire::State::Done, 2_000_000, &[account]);
    let closed = w.activity(w.a, closed, Some(content("Crash on start", "closed"))).await;
    w.hear(w.a, vec![assigned, closed]).await;
    let task = w.task(&ada, &task.id).await.unwrap();
    assert_eq!((task.state.as_str(), task.provider_state.as_str(), task.version), ("done", "closed", 3));
    assert_eq!(task.assignee.clone().unwrap().member_id, ada.id.to_string());
    assert!(w.history(&ada, &task.id).await.iter().all(|change| change.verb == "provider"));

    // An older delivery that comes late changes nothing.
    let late = issue.activity(wire::Verb::Edited, wire::State::Open, 1_500_000, &[]);
    let late = w.activity(w.a, late, Some(content("Old", "open"))).await;
    w.hear(w.a, vec![late]).await;
    assert_eq!(w.task(&ada, &task.id).await.unwrap(), task);
    let mine = api::ListTasksRequest { assignee: "me".to_owned(), ..Default::default() };
    assert_eq!(w.client().list_tasks(w.ask(&ada, mine)).await.unwrap().into_inner().tasks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_decides_what_a_mirrored_task_says() {
    let (w, ada, issue) = ground().await;
    let opened = issue.activity(wire::Verb::Created, wire::State::Open, 1, &[]);
    w.hear(w.a, vec![w.activity(w.a, opened, Some(content("Crash", "open"))).await]).await;
    let task = w.tasks(&ada).await.remove(0);
    let request = api::UpdateTaskRequest {
        id: task.id.clone(),
        state: "done".to_owned(),
        priority: "high".to_owned(),
        ..Default::default()
    };
    let state = api::UpdateTaskRequest { fields: vec!["state".to_owned()], ..request.clone() };
    let refused = w.update(&ada, state).await.unwrap_err();
    assert_eq!(refused.metadata().get("oz-reason").unwrap(), "mirrored");
    assert!(refused.message().contains("list_id and priority"));
    let priority = api::UpdateTaskRequest { fields: vec!["priority".to_owned()], ..request };
    assert_eq!(w.update(&ada, priority).await.unwrap().priority, "high");

    let closed = issue.activity(wire::Verb::Completed, wire::State::Done, 2, &[]);
    w.hear(w.a, vec![w.activity(w.a, closed, Some(content("Crash", "closed"))).await]).await;
    let task = w.undo(&ada, &task.id).await.unwrap();
    assert_eq!(
        (task.state.as_str(), task.priority.as_str()),
        ("done", "none"),
        "an undo leaves the provider's part alone"
    );
    let delete = api::DeleteTaskRequest { id: task.id.clone(), expected_version: 0 };
    assert_eq!(w.client().delete_task(w.ask(&ada, delete)).await.unwrap_err().code(), Code::AlreadyExists);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_below_an_issue_is_a_suggestion() {
    let (w, ada, issue) = ground().await;
    let account = w.account(w.a, "octocat", Some(&ada)).await;
    let opened = issue.activity(wire::Verb::Created, wire::State::Open, 1_000_000, &[]);
    let opened = w.activity(w.a, opened, Some(content("Crash on start", "open"))).await;
    let comment = Uuid::now_v4();
    let asked = wire::Activity {
        item_id: bytes(comment),
        kind: wire::ItemKind::Message.into(),
        account_id: bytes(account),
        ..issue.activity(wire::Verb::Created, wire::State::Unspecified, 2_000_000, &[])
    };
    let text = "Can you send me the logs by Friday?".to_owned();
    let asked = w.activity(w.a, asked, Some(wire::Content { text, ..Default::default() })).await;
    w.hear(w.a, vec![opened, asked]).await;
    assert_eq!(w.sql("select item_id from thread_message"), comment.to_string(), "it was read");
    assert_eq!(w.tasks(&ada).await.len(), 1);
    assert_eq!(w.suggestions(&ada).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_deleted_at_the_provider_leaves_no_word_and_does_not_come_back() {
    let (w, ada, issue) = ground().await;
    let opened = || issue.activity(wire::Verb::Created, wire::State::Open, 5, &[]);
    let first = w.activity(w.a, opened(), Some(content("Crash", "open"))).await;
    w.hear(w.a, vec![first]).await;
    let id = w.tasks(&ada).await.remove(0).id;
    let gone = issue.activity(wire::Verb::Deleted, wire::State::Unspecified, 5, &[]);
    w.hear(w.a, vec![w.activity(w.a, gone, None).await]).await;
    let again = w.activity(w.a, opened(), Some(content("Crash", "open"))).await;
    w.hear(w.a, vec![again]).await;
    assert_eq!(w.task(&ada, &id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(w.undo(&ada, &id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(w.sql("select count(*) || ' ' || sum(length(body)) from task"), "1 0");
    assert_eq!(w.sql("select count(*) from task_change"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_no_longer_shared_takes_its_tasks_along_and_brings_them_back_when_shared_anew() {
    let (w, ada, issue) = ground().await;
    let opened = || issue.activity(wire::Verb::Created, wire::State::Open, 5, &[]);
    let first = w.activity(w.a, opened(), Some(content("Crash", "open"))).await;
    let late = w.received(w.a, first.clone());
    w.hear(w.a, vec![first]).await;
    assert_eq!(w.tasks(&ada).await.len(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    w.remove(w.a, issue.source, 2).await;
    assert!(w.tasks(&ada).await.is_empty());
    assert_eq!(w.sql("select coalesce(sum(length(body)), 0) from task"), "0");
    assert!(late.recorded_at_us > 0);
    w.share(w.a, issue.source, "github", w.a.uuid(), 1).await;
    assert!(w.tasks(&ada).await.is_empty(), "an older revision shares nothing");
    w.share(w.a, issue.source, "github", w.a.uuid(), 3).await;
    let again = w.activity(w.a, opened(), Some(content("Crash", "open"))).await;
    w.hear(w.a, vec![again]).await;
    assert_eq!(w.tasks(&ada).await[0].title, "Crash");
}
