//! Lists and tasks. A task's `ETag` is its version; `If-Match` makes a change conditional on it.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::task::v1 as pb;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::Caller,
    operation::{Op, op},
    problem::{Kind, Problem},
    reading::{self, Json, Query, present},
    route::Routes,
    services::Callee::Task as TaskService,
    view::{
        Page, given, page,
        task::{Change, List, Task},
    },
};

const ONE: &str = "/api/v1/tasks/{id}";

pub(super) fn routes() -> Routes {
    let conditional =
        |op: Op| op.header("If-Match", "the ETag that was read; 412 when the task has changed since");
    Routes::new("Tasks")
        .get("/api/v1/lists", lists, op("Task lists").page::<List>())
        .post(
            "/api/v1/lists",
            create_list,
            op("Makes a task list").body::<ListInput>().answers::<List>(201, "the list"),
        )
        .get("/api/v1/tasks", list, op("Tasks").query::<TaskQuery>().page::<Task>())
        .post(
            "/api/v1/tasks",
            create,
            op("Makes a task").body::<TaskInput>().answers::<Task>(201, "the task"),
        )
        .get(
            ONE,
            get,
            op("One task")
                .header("If-None-Match", "304 when the task still has this ETag")
                .answers::<Task>(200, "the task, with its ETag"),
        )
        .patch(
            ONE,
            update,
            conditional(op("Changes a task").about("Fields that are absent stay; null means none."))
                .body::<TaskChange>()
                .answers::<Task>(200, "as it is now"),
        )
        .delete(ONE, delete, conditional(op("Deletes a task")).answers_nothing(204, "deleted"))
        .get("/api/v1/tasks/{id}/history", history, op("Every change of a task").page::<Change>())
        .post(
            "/api/v1/tasks/{id}/undo",
            undo,
            conditional(op("Takes the newest change back")).answers::<Task>(200, "as it is now"),
        )
}

async fn lists(State(app): State<App>, caller: Caller) -> Result<Answer<Page<List>>, Problem> {
    let answer = app
        .services
        .tasks()
        .list_lists(caller.ask(TaskService, pb::ListListsRequest {})?)
        .await?
        .into_inner();
    Ok(page(answer.lists, String::new()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListInput {
    name: String,
    /// `org` (also when absent) or `team:<team id>`.
    #[serde(default)]
    visibility: Option<String>,
}

async fn create_list(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<ListInput>,
) -> Result<(StatusCode, Answer<List>), Problem> {
    let visibility = input.visibility.unwrap_or_else(|| "org".to_owned());
    let request = caller.ask(TaskService, pb::CreateListRequest { name: input.name, visibility })?;
    let answer = app.services.tasks().create_list(request).await?.into_inner();
    Ok((StatusCode::CREATED, Answer(given(answer.list)?.into())))
}

#[derive(Deserialize, IntoParams)]
struct TaskQuery {
    /// How many items, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    list_id: Option<String>,
    /// `open`, `in_progress`, `done` or `canceled`.
    state: Option<String>,
    /// A member's id, or `me`.
    assignee: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<TaskQuery>,
) -> Result<Answer<Page<Task>>, Problem> {
    let message = pb::ListTasksRequest {
        limit: reading::limit(query.limit),
        cursor: query.cursor.unwrap_or_default(),
        list_id: query.list_id.unwrap_or_default(),
        state: query.state.unwrap_or_default(),
        assignee: query.assignee.unwrap_or_default(),
    };
    let answer = app.services.tasks().list_tasks(caller.ask(TaskService, message)?).await?.into_inner();
    Ok(page(answer.tasks, answer.next_cursor))
}

/// A member as tasks are given to them: by id, or the person as it was read.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Assignee {
    Id(String),
    Person { member_id: String },
}

impl Assignee {
    pub fn into_id(self) -> String {
        match self {
            Self::Id(id) | Self::Person { member_id: id } => id,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskInput {
    title: String,
    /// The default list when absent.
    #[serde(default)]
    list_id: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    assignee: Option<Assignee>,
    /// A date, as in 2026-12-31.
    #[serde(default)]
    due_on: Option<String>,
    /// `none`, `low`, `medium`, `high` or `urgent`.
    #[serde(default)]
    priority: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<TaskInput>,
) -> Result<Response, Problem> {
    let message = pb::CreateTaskRequest {
        list_id: input.list_id.unwrap_or_default(),
        title: input.title,
        description: input.description.unwrap_or_default(),
        assignee: input.assignee.map(Assignee::into_id).unwrap_or_default(),
        due_on: input.due_on.unwrap_or_default(),
        priority: input.priority.unwrap_or_default(),
        labels: input.labels,
    };
    let answer = app.services.tasks().create_task(caller.ask(TaskService, message)?).await?.into_inner();
    shown(StatusCode::CREATED, answer.task)
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let answer = app
        .services
        .tasks()
        .get_task(caller.ask(TaskService, pb::GetTaskRequest { id })?)
        .await?
        .into_inner();
    let mut response = shown(StatusCode::OK, answer.task)?;
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| Some(known) == response.headers().get(header::ETAG))
    {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    Ok(response)
}

/// Fields that are absent stay as they are.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TaskChange {
    #[serde(default)]
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Assignee>)]
    assignee: Option<Option<Assignee>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    due_on: Option<Option<String>>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default)]
    labels: Option<Vec<String>>,
    #[serde(default)]
    list_id: Option<String>,
}

impl TaskChange {
    fn message(self, id: String, expected_version: u64) -> Result<pb::UpdateTaskRequest, Problem> {
        let fields = reading::named(&[
            ("title", self.title.is_some()),
            ("description", self.description.is_some()),
            ("state", self.state.is_some()),
            ("assignee", self.assignee.is_some()),
            ("due_on", self.due_on.is_some()),
            ("priority", self.priority.is_some()),
            ("labels", self.labels.is_some()),
            ("list_id", self.list_id.is_some()),
        ])?;
        Ok(pb::UpdateTaskRequest {
            id,
            expected_version,
            fields,
            title: self.title.unwrap_or_default(),
            description: self.description.flatten().unwrap_or_default(),
            state: self.state.unwrap_or_default(),
            assignee: self.assignee.flatten().map(Assignee::into_id).unwrap_or_default(),
            due_on: self.due_on.flatten().unwrap_or_default(),
            priority: self.priority.unwrap_or_default(),
            labels: self.labels.unwrap_or_default(),
            list_id: self.list_id.unwrap_or_default(),
        })
    }
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(change): Json<TaskChange>,
) -> Result<Response, Problem> {
    let message = change.message(id, expected_version(&headers)?)?;
    let answer = app.services.tasks().update_task(caller.ask(TaskService, message)?).await?.into_inner();
    shown(StatusCode::OK, answer.task)
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let message = pb::DeleteTaskRequest { id, expected_version: expected_version(&headers)? };
    app.services.tasks().delete_task(caller.ask(TaskService, message)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn history(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Page<Change>>, Problem> {
    let request = caller.ask(TaskService, pb::GetHistoryRequest { id })?;
    let answer = app.services.tasks().get_history(request).await?.into_inner();
    Ok(page(answer.changes, String::new()))
}

async fn undo(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let message = pb::UndoTaskRequest { id, expected_version: expected_version(&headers)? };
    let answer = app.services.tasks().undo_task(caller.ask(TaskService, message)?).await?.into_inner();
    shown(StatusCode::OK, answer.task)
}

/// A task with its `ETag`.
pub(super) fn shown(status: StatusCode, task: Option<pb::Task>) -> Result<Response, Problem> {
    let task = Task::from(given(task)?);
    let etag =
        HeaderValue::from_str(&format!("\"{}\"", task.version)).map_err(|_| Problem::new(Kind::Internal))?;
    let mut response = (status, Answer(task)).into_response();
    response.headers_mut().insert(header::ETAG, etag);
    // To be kept by the asker's own browser at most, and asked for again each time.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// The version in `If-Match` (RFC 9110, 13.1.1); 0 for whatever it is. What is no version of ours cannot be the current one.
fn expected_version(headers: &HeaderMap) -> Result<u64, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(0) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(0);
    }
    let version =
        text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|digits| digits.parse().ok());
    version.filter(|version| *version > 0).ok_or_else(|| Problem::new(Kind::Stale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_strong_version_can_match() {
        let expected = |value: &str| {
            expected_version(&HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]))
        };
        assert_eq!(expected_version(&HeaderMap::new()), Ok(0));
        assert_eq!(expected("*"), Ok(0));
        assert_eq!(expected("\"7\""), Ok(7));
        for stale in ["W/\"7\"", "7", "\"x\"", "\"0\"", "\"7\", \"8\"", ""] {
            assert_eq!(expected(stale), Err(Problem::new(Kind::Stale)), "{stale}");
        }
    }

    #[test]
    fn a_change_names_what_was_given_and_null_is_none() {
        let change: TaskChange =
            serde_json::from_str(r#"{"due_on":null,"labels":[],"assignee":{"member_id":"mbr_1"}}"#).unwrap();
        let message = change.message("task_1".into(), 7).unwrap();
        assert_eq!(message.fields, ["assignee", "due_on", "labels"]);
        assert_eq!((message.assignee.as_str(), message.due_on.as_str()), ("mbr_1", ""));
    }
}
