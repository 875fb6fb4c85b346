//! The methods.

use access::{Action, Permit, action};
use proto::task::v1::{self as wire, task_service_server::TaskService};
use tonic::{Request, Response, Status};

use super::{decode, encode};
use crate::{
    domain::{page::Page, suggestion, thresholds, visibility::Visibility},
    usecase::{self, Means},
};

/// Serves the contract.
pub(super) struct Service {
    pub means: Means,
}

type Answer<T> = Result<Response<T>, Status>;

fn permit<A: Action, T>(request: &Request<T>) -> Result<Permit<A>, Status> {
    rpc::caller(request.extensions())?.permit().map_err(rpc::denied)
}

#[tonic::async_trait]
impl TaskService for Service {
    async fn list_lists(&self, request: Request<wire::ListListsRequest>) -> Answer<wire::ListListsResponse> {
        let permit = permit::<action::ReadTasks, _>(&request)?;
        let lists = usecase::list_lists::run(&self.means, permit).await?;
        Ok(Response::new(wire::ListListsResponse { lists: lists.into_iter().map(encode::list).collect() }))
    }

    async fn create_list(
        &self,
        request: Request<wire::CreateListRequest>,
    ) -> Answer<wire::CreateListResponse> {
        let permit = permit::<action::ManageLists, _>(&request)?;
        let request = request.into_inner();
        let visibility = Visibility::parse(&request.visibility)?;
        let list = usecase::create_list::run(&self.means, permit, &request.name, visibility).await?;
        Ok(Response::new(wire::CreateListResponse { list: Some(encode::list(list)) }))
    }

    async fn list_tasks(&self, request: Request<wire::ListTasksRequest>) -> Answer<wire::ListTasksResponse> {
        let permit = permit::<action::ReadTasks, _>(&request)?;
        let request = request.into_inner();
        let page = Page::parse(request.limit, &request.cursor)?;
        let filter = decode::filter(&request, permit.member())?;
        let (tasks, next) = usecase::list_tasks::run(&self.means, permit, filter, page).await?;
        let next_cursor = next.map(|cursor| cursor.to_string()).unwrap_or_default();
        Ok(Response::new(wire::ListTasksResponse {
            tasks: tasks.into_iter().map(encode::task).collect(),
            next_cursor,
        }))
    }

    async fn create_task(
        &self,
        request: Request<wire::CreateTaskRequest>,
    ) -> Answer<wire::CreateTaskResponse> {
        let permit = permit::<action::WriteTasks, _>(&request)?;
        let input = decode::new_task(request.get_ref())?;
        let task = usecase::create_task::run(&self.means, permit, input).await?;
        Ok(Response::new(wire::CreateTaskResponse { task: Some(encode::task(task)) }))
    }

    async fn get_task(&self, request: Request<wire::GetTaskRequest>) -> Answer<wire::GetTaskResponse> {
        let permit = permit::<action::ReadTasks, _>(&request)?;
        let task = usecase::get_task::run(&self.means, permit, decode::id(&request.get_ref().id)?).await?;
        let task = task.ok_or_else(rpc::not_found)?;
        Ok(Response::new(wire::GetTaskResponse { task: Some(encode::task(task)) }))
    }

    async fn update_task(
        &self,
        request: Request<wire::UpdateTaskRequest>,
    ) -> Answer<wire::UpdateTaskResponse> {
        let permit = permit::<action::WriteTasks, _>(&request)?;
        let request = request.into_inner();
        let (id, patch) = (decode::id(&request.id)?, decode::task_patch(&request)?);
        let expected = decode::version(request.expected_version);
        let task = usecase::update_task::run(&self.means, permit, id, expected, patch).await?;
        Ok(Response::new(wire::UpdateTaskResponse { task: Some(encode::task(task)) }))
    }

    async fn delete_task(
        &self,
        request: Request<wire::DeleteTaskRequest>,
    ) -> Answer<wire::DeleteTaskResponse> {
        let permit = permit::<action::WriteTasks, _>(&request)?;
        let request = request.into_inner();
        let expected = decode::version(request.expected_version);
        usecase::delete_task::run(&self.means, permit, decode::id(&request.id)?, expected).await?;
        Ok(Response::new(wire::DeleteTaskResponse {}))
    }

    async fn get_history(
        &self,
        request: Request<wire::GetHistoryRequest>,
    ) -> Answer<wire::GetHistoryResponse> {
        let permit = permit::<action::ReadTasks, _>(&request)?;
        let changes =
            usecase::get_history::run(&self.means, permit, decode::id(&request.get_ref().id)?).await?;
        let changes = changes.ok_or_else(rpc::not_found)?;
        Ok(Response::new(wire::GetHistoryResponse {
            changes: changes.into_iter().map(encode::change).collect(),
        }))
    }

    async fn undo_task(&self, request: Request<wire::UndoTaskRequest>) -> Answer<wire::UndoTaskResponse> {
        let permit = permit::<action::WriteTasks, _>(&request)?;
        let request = request.into_inner();
        let expected = decode::version(request.expected_version);
        let task = usecase::undo_task::run(&self.means, permit, decode::id(&request.id)?, expected).await?;
        Ok(Response::new(wire::UndoTaskResponse { task: Some(encode::task(task)) }))
    }

    async fn list_suggestions(
        &self,
        request: Request<wire::ListSuggestionsRequest>,
    ) -> Answer<wire::ListSuggestionsResponse> {
        let permit = permit::<action::ReadSuggestions, _>(&request)?;
        let request = request.into_inner();
        let page = Page::parse(request.limit, &request.cursor)?;
        let status = request.status.parse::<suggestion::Status>()?;
        let (found, next) = usecase::list_suggestions::run(&self.means, permit, status, page).await?;
        let next_cursor = next.map(|cursor| cursor.to_string()).unwrap_or_default();
        let suggestions = found.into_iter().map(encode::suggestion).collect();
        Ok(Response::new(wire::ListSuggestionsResponse { suggestions, next_cursor }))
    }

    async fn update_suggestion(
        &self,
        request: Request<wire::UpdateSuggestionRequest>,
    ) -> Answer<wire::UpdateSuggestionResponse> {
        let permit = permit::<action::DecideSuggestions, _>(&request)?;
        let request = request.into_inner();
        let (id, patch) = (decode::id(&request.id)?, decode::suggestion_patch(&request)?);
        let suggestion = usecase::update_suggestion::run(&self.means, permit, id, patch).await?;
        Ok(Response::new(wire::UpdateSuggestionResponse { suggestion: Some(encode::suggestion(suggestion)) }))
    }

    async fn accept_suggestion(
        &self,
        request: Request<wire::AcceptSuggestionRequest>,
    ) -> Answer<wire::AcceptSuggestionResponse> {
        let permit = permit::<action::DecideSuggestions, _>(&request)?;
        let request = request.into_inner();
        let (id, list) = (decode::id(&request.id)?, decode::list(&request.list_id)?);
        let task = usecase::accept_suggestion::run(&self.means, permit, id, list).await?;
        Ok(Response::new(wire::AcceptSuggestionResponse { task: Some(encode::task(task)) }))
    }

    async fn reject_suggestion(
        &self,
        request: Request<wire::RejectSuggestionRequest>,
    ) -> Answer<wire::RejectSuggestionResponse> {
        let permit = permit::<action::DecideSuggestions, _>(&request)?;
        let id = decode::id(&request.get_ref().id)?;
        let suggestion = usecase::reject_suggestion::run(&self.means, permit, id).await?;
        Ok(Response::new(wire::RejectSuggestionResponse { suggestion: Some(encode::suggestion(suggestion)) }))
    }

    async fn get_thresholds(
        &self,
        request: Request<wire::GetThresholdsRequest>,
    ) -> Answer<wire::GetThresholdsResponse> {
        let permit = permit::<action::ReadOrganization, _>(&request)?;
        let chosen = usecase::thresholds::get(&self.means, permit).await?;
        Ok(Response::new(wire::GetThresholdsResponse {
            thresholds: Some(encode::thresholds(chosen)),
            recommended: Some(encode::thresholds(thresholds::recommended())),
        }))
    }

    async fn update_thresholds(
        &self,
        request: Request<wire::UpdateThresholdsRequest>,
    ) -> Answer<wire::UpdateThresholdsResponse> {
        let permit = permit::<action::ManageOrganization, _>(&request)?;
        let patch = decode::thresholds_patch(request.get_ref())?;
        let chosen = usecase::thresholds::update(&self.means, permit, patch).await?;
        Ok(Response::new(wire::UpdateThresholdsResponse {
            thresholds: Some(encode::thresholds(chosen)),
            recommended: Some(encode::thresholds(thresholds::recommended())),
        }))
    }
}
