//! Lists, tasks, their history.

use access::Role;
use ids::{ListId, MemberId, TeamId};
use proto::{events::v1 as wire, task::v1 as api};
use tonic::Code;
use uuid::Uuid;

use crate::world::{NowV4, World, eventually};

fn patch(task: &api::Task, fields: &[&str]) -> api::UpdateTaskRequest {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    api::UpdateTaskRequest { id: task.id.clone(), fields, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_list_is_made_once_however_many_need_it_first() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let made = (0..8).map(|n| {
        let (w, ada) = (&w, &ada);
        async move { w.make(ada, &format!("task {n}")).await.list_id }
    });
    let lists: std::collections::HashSet<String> = futures_all(made).await.into_iter().collect();
    assert_eq!(lists.len(), 1);
    let shown =
        w.client().list_lists(w.ask(&ada, api::ListListsRequest {})).await.unwrap().into_inner().lists;
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].name.as_str(), shown[0].visibility.as_str(), shown[0].is_default),
        ("Tasks", "org", true)
    );
    eventually("one list is told of", || async {
        let told: Vec<wire::ListChanged> = w.told(w.a, events::topic::TASK).await;
        told.len() == 1 && told[0].audience == w.a.to_vec()
    })
    .await;
}

async fn futures_all<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = all.map(Box::pin).collect();
    let mut out = Vec::new();
    std::future::poll_fn(|cx| {
        running.retain_mut(|future| match future.as_mut().poll(cx) {
            std::task::Poll::Ready(value) => {
                out.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_and_a_guest_see_no_list_and_no_task() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let guest = w.member(w.a, Role::Guest, "Gus", &[]).await;
    let other = w.member(w.b, Role::Owner, "Bob", &[]).await;
    let task = w.make(&ada, "secret plan").await;
    for stranger in [&guest, &other] {
        assert_eq!(w.task(stranger, &task.id).await.unwrap_err().code(), Code::NotFound);
        assert!(w.tasks(stranger).await.is_empty());
        let history = w.ask(stranger, api::GetHistoryRequest { id: task.id.clone() });
        assert_eq!(w.client().get_history(history).await.unwrap_err().code(), Code::NotFound);
    }
    let lists =
        w.client().list_lists(w.ask(&guest, api::ListListsRequest {})).await.unwrap().into_inner().lists;
    assert!(lists.is_empty());
    for request in [patch(&task, &["title"]), patch(&task, &["state"])] {
        let request = api::UpdateTaskRequest { title: "x".to_owned(), state: "done".to_owned(), ..request };
        assert_eq!(w.update(&other, request.clone()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(w.update(&guest, request).await.unwrap_err().code(), Code::PermissionDenied);
    }
    let delete = api::DeleteTaskRequest { id: task.id.clone(), expected_version: 0 };
    assert_eq!(w.client().delete_task(w.ask(&other, delete)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(w.undo(&other, &task.id).await.unwrap_err().code(), Code::NotFound);
    let nobody = w.client().get_task(api::GetTaskRequest { id: task.id }).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_list_is_for_the_team_alone() {
    let w = World::new().await;
    let team = TeamId::from_uuid(Uuid::now_v4());
    let ada = w.member(w.a, Role::Member, "Ada", &[team]).await;
    let eve = w.member(w.a, Role::Owner, "Eve", &[]).await;
    w.team(w.a, team, &[&ada]).await;
    let request = api::CreateListRequest { name: "Launch".to_owned(), visibility: format!("team:{team}") };
    let refused = w.client().create_list(w.ask(&eve, request.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let list = w.client().create_list(w.ask(&ada, request)).await.unwrap().into_inner().list.unwrap();
    let new = |assignee: MemberId| api::CreateTaskRequest {
        title: "Book the hall".to_owned(),
        list_id: list.id.clone(),
        assignee: assignee.to_string(),
        ..Default::default()
    };
    let task = w.client().create_task(w.ask(&ada, new(ada.id))).await.unwrap().into_inner().task.unwrap();
    assert_eq!(w.task(&eve, &task.id).await.unwrap_err().code(), Code::NotFound);
    // To ask for what is in it is to ask for a list that is not there.
    for list_id in [list.id.clone(), ListId::from_uuid(Uuid::now_v4()).to_string()] {
        let asked = api::ListTasksRequest { list_id, ..Default::default() };
        assert_eq!(w.client().list_tasks(w.ask(&eve, asked)).await.unwrap_err().code(), Code::NotFound);
    }
    let asked = api::ListTasksRequest { list_id: list.id.clone(), ..Default::default() };
    assert_eq!(w.client().list_tasks(w.ask(&ada, asked)).await.unwrap().into_inner().tasks.len(), 1);
    // Who does not see the list can neither put tasks into it nor be given one.
    assert_eq!(
        w.client().create_task(w.ask(&eve, new(eve.id))).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let refused = w.client().create_task(w.ask(&ada, new(eve.id))).await.unwrap_err();
    assert_eq!(refused.metadata().get("oz-field").unwrap(), "assignee");
    eventually("the audit knows", || async {
        let told: Vec<wire::AuditEntry> = w.told(w.a, events::topic::AUDIT).await;
        told.iter().any(|entry| entry.action == "list.created" && entry.actor == ada.id.to_string())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_and_strangers_cannot_be_given_a_task_of_the_organization() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let guest = w.member(w.a, Role::Guest, "Gus", &[]).await;
    let other = w.member(w.b, Role::Member, "Bob", &[]).await;
    let task = w.make(&ada, "x").await;
    for whom in [guest.id, other.id, MemberId::from_uuid(Uuid::now_v4())] {
        let request = api::UpdateTaskRequest { assignee: whom.to_string(), ..patch(&task, &["assignee"]) };
        assert_eq!(w.update(&ada, request).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let request = api::UpdateTaskRequest { assignee: ada.id.to_string(), ..patch(&task, &["assignee"]) };
    let given = w.update(&ada, request).await.unwrap().assignee.unwrap();
    assert_eq!((given.name.as_str(), given.member_id), ("Ada", ada.id.to_string()));
    let mine = api::ListTasksRequest { assignee: "me".to_owned(), ..Default::default() };
    assert_eq!(w.client().list_tasks(w.ask(&ada, mine)).await.unwrap().into_inner().tasks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_in_the_history_and_can_be_taken_back_in_turn() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let task = w.make(&ada, "Write the report").await;
    let done = api::UpdateTaskRequest { state: "done".to_owned(), ..patch(&task, &["state"]) };
    assert_eq!(w.update(&ada, done.clone()).await.unwrap().version, 2);
    assert_eq!(w.update(&ada, done).await.unwrap().version, 2, "standing still is no change");
    let title = api::UpdateTaskRequest {
        title: "Write it".to_owned(),
        due_on: "2026-03-01".to_owned(),
        ..patch(&task, &["title", "due_on"])
    };
    w.update(&ada, title).await.unwrap();
    let delete = api::DeleteTaskRequest { id: task.id.clone(), expected_version: 3 };
    w.client().delete_task(w.ask(&ada, delete)).await.unwrap();
    assert_eq!(w.task(&ada, &task.id).await.unwrap_err().code(), Code::NotFound);

    let seen: Vec<_> =
        [w.undo(&ada, &task.id).await, w.undo(&ada, &task.id).await, w.undo(&ada, &task.id).await]
            .into_iter()
            .map(|task| task.map(|t| (t.title, t.state, t.due_on)).unwrap())
            .collect();
    let was = |title: &str, state: &str, due: &str| (title.to_owned(), state.to_owned(), due.to_owned());
    let report = "Write the report";
    assert_eq!(
        seen,
        [was("Write it", "done", "2026-03-01"), was(report, "done", ""), was(report, "open", "")]
    );
    let refused = w.undo(&ada, &task.id).await.unwrap_err();
    assert_eq!(refused.metadata().get("oz-reason").unwrap(), "nothing_to_undo");

    let history = w.history(&ada, &task.id).await;
    let verbs: Vec<_> = history.iter().rev().map(|change| change.verb.as_str()).collect();
    assert_eq!(verbs, ["created", "updated", "updated", "deleted", "undone", "undone", "undone"]);
    assert!(history.iter().all(|change| change.actor.as_ref().unwrap().name == "Ada"));
    let state = &history[5].fields[0];
    assert_eq!(
        (state.field.as_str(), state.before.as_str(), state.after.as_str()),
        ("state", "open", "done")
    );
    eventually("each version is told", || async {
        let mut told: Vec<wire::TaskChanged> = w.told(w.a, events::topic::TASK).await;
        told.sort_by_key(|change| change.version);
        told.iter().map(|change| (change.version, change.deleted)).collect::<Vec<_>>()
            == [(1, false), (2, false), (3, false), (4, true), (5, false), (6, false), (7, false)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_the_same_version_one_wins() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let task = w.make(&ada, "x").await;
    let change = |title: &str| api::UpdateTaskRequest {
        title: title.to_owned(),
        expected_version: 1,
        ..patch(&task, &["title"])
    };
    let (one, two) = tokio::join!(w.update(&ada, change("one")), w.update(&ada, change("two")));
    let codes: Vec<_> =
        [one, two].into_iter().filter_map(|answer| answer.err()).map(|status| status.code()).collect();
    assert_eq!(codes, [Code::FailedPrecondition]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_named() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let new = api::CreateTaskRequest { title: "x".to_owned(), ..Default::default() };
    for (field, request) in [
        ("title", api::CreateTaskRequest { title: "x".repeat(501), ..new.clone() }),
        ("description", api::CreateTaskRequest { description: "x".repeat(20_001), ..new.clone() }),
        (
            "labels",
            api::CreateTaskRequest { labels: (0..21).map(|n| n.to_string()).collect(), ..new.clone() },
        ),
        ("due_on", api::CreateTaskRequest { due_on: "tomorrow".to_owned(), ..new.clone() }),
        ("priority", api::CreateTaskRequest { priority: "asap".to_owned(), ..new.clone() }),
        ("list_id", api::CreateTaskRequest { list_id: "list_x".to_owned(), ..new.clone() }),
        ("assignee", api::CreateTaskRequest { assignee: "ada".to_owned(), ..new }),
    ] {
        let refused = w.client().create_task(w.ask(&ada, request)).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.metadata().get("oz-field").unwrap().to_str().unwrap()),
            (Code::InvalidArgument, field)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_lose_nor_repeat_while_tasks_are_made() {
    let w = World::new().await;
    let ada = w.member(w.a, Role::Member, "Ada", &[]).await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(w.make(&ada, &format!("t{n}")).await.id);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = api::ListTasksRequest {
            limit: 3,
            cursor: cursor.clone(),
            state: "open".to_owned(),
            ..Default::default()
        };
        let page = w.client().list_tasks(w.ask(&ada, request)).await.unwrap().into_inner();
        seen.extend(page.tasks.into_iter().map(|task| task.id));
        w.make(&ada, "made meanwhile").await;
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    made.reverse();
    assert_eq!(seen, made);
}
