//! Requests as the use cases read them. An id that does not read is a thing that is not there.

use std::str::FromStr;

use ids::{ListId, MemberId};
use proto::task::v1 as wire;
use tonic::Status;

use crate::{
    domain::{Invalid, state::State, task},
    store::tasks::Filter,
    usecase::{create_task, thresholds, update_suggestion, update_task},
};

/// The id of the thing that the request is about.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Status> {
    text.parse().map_err(|_| rpc::not_found())
}

/// A list, or none named.
pub(super) fn list(text: &str) -> Result<Option<ListId>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Invalid::new("list_id", "no such list"))
}

fn assignee(text: &str) -> Result<Option<MemberId>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Invalid::new("assignee", "is no member's id"))
}

/// The version expected; 0 is any.
pub(super) fn version(expected: u64) -> Option<i64> {
    (expected != 0).then(|| i64::try_from(expected).unwrap_or(i64::MAX))
}

/// What a page of tasks is limited to.
pub(super) fn filter(request: &wire::ListTasksRequest, me: MemberId) -> Result<Filter, Invalid> {
    let assignee = match request.assignee.as_str() {
        "me" => Some(me),
        text => assignee(text)?,
    };
    let state = match request.state.as_str() {
        "" => None,
        text => Some(text.parse::<State>()?.as_str()),
    };
    Ok(Filter {
        list: list(&request.list_id)?.map(ListId::uuid),
        state,
        assignee: assignee.map(MemberId::uuid),
    })
}

/// A new task.
pub(super) fn new_task(request: &wire::CreateTaskRequest) -> Result<create_task::Input, Invalid> {
    Ok(create_task::Input {
        list: list(&request.list_id)?,
        title: task::title(&request.title)?,
        description: task::description(&request.description)?,
        assignee: assignee(&request.assignee)?,
        due_on: task::due_on(&request.due_on)?,
        priority: request.priority.parse()?,
        labels: task::labels(&request.labels)?,
    })
}

/// What is to be otherwise with a task.
pub(super) fn task_patch(request: &wire::UpdateTaskRequest) -> Result<update_task::Patch, Invalid> {
    let mut patch = update_task::Patch::default();
    for field in &request.fields {
        match field.as_str() {
            "title" => patch.title = Some(task::title(&request.title)?),
            "description" => patch.description = Some(task::description(&request.description)?),
            "state" => patch.state = Some(request.state.parse()?),
            "assignee" => patch.assignee = Some(assignee(&request.assignee)?),
            "due_on" => patch.due_on = Some(task::due_on(&request.due_on)?),
            "priority" => patch.priority = Some(request.priority.parse()?),
            "labels" => patch.labels = Some(task::labels(&request.labels)?),
            "list_id" => {
                patch.list = Some(list(&request.list_id)?.ok_or(Invalid::new("list_id", "no such list"))?);
            }
            _ => return Err(Invalid::new("fields", "names a field that does not change")),
        }
    }
    Ok(patch)
}

/// What is to be otherwise with a suggestion.
pub(super) fn suggestion_patch(
    request: &wire::UpdateSuggestionRequest,
) -> Result<update_suggestion::Patch, Invalid> {
    let mut patch = update_suggestion::Patch::default();
    for field in &request.fields {
        match field.as_str() {
            "title" => patch.title = Some(task::title(&request.title)?),
            "assignee" => patch.assignee = Some(assignee(&request.assignee)?),
            "due_on" => patch.due_on = Some(task::due_on(&request.due_on)?),
            _ => return Err(Invalid::new("fields", "names a field that does not change")),
        }
    }
    Ok(patch)
}

/// What is to be otherwise with the thresholds.
pub(super) fn thresholds_patch(
    request: &wire::UpdateThresholdsRequest,
) -> Result<thresholds::Patch, Invalid> {
    let given = request.thresholds.unwrap_or_default();
    let mut patch = thresholds::Patch::default();
    for field in &request.fields {
        match field.as_str() {
            "suggest" => patch.suggest = Some(given.suggest),
            "auto" => patch.auto = Some(given.auto),
            _ => return Err(Invalid::new("fields", "names a field that does not change")),
        }
    }
    Ok(patch)
}
