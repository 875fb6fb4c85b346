//! Teams and who is in them.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use proto::identity::v1 as pb;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::{Kind, Problem},
    reading::Json,
    route::Routes,
    services::Callee::Identity,
    view::{
        Page, given,
        identity::{Team, TeamMember},
        page,
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Teams")
        .get("/api/v1/teams", list, op("Teams").page::<Team>())
        .post(
            "/api/v1/teams",
            create,
            op("Makes a team").body::<TeamInput>().answers::<Team>(201, "the team"),
        )
        .patch(
            "/api/v1/teams/{id}",
            rename,
            op("Renames a team").body::<TeamInput>().answers::<Team>(200, "as it is now"),
        )
        .delete("/api/v1/teams/{id}", delete, op("Deletes a team").answers_nothing(204, "deleted"))
        .get("/api/v1/teams/{id}/members", members, op("Who is in a team").page::<TeamMember>())
        .put(
            "/api/v1/teams/{id}/members/{member_id}",
            put_member,
            op("Puts a member into a team").answers::<Team>(200, "as it is now"),
        )
        .delete(
            "/api/v1/teams/{id}/members/{member_id}",
            remove_member,
            op("Takes a member out of a team").answers::<Team>(200, "as it is now"),
        )
}

async fn all(app: &App, caller: &Caller) -> Result<Vec<pb::Team>, Problem> {
    let request = caller.ask(Identity, pb::ListTeamsRequest {})?;
    Ok(app.services.organization().list_teams(request).await?.into_inner().teams)
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Answer<Page<Team>>, Problem> {
    Ok(page(all(&app, &caller).await?, String::new()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamInput {
    name: String,
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(TeamInput { name }): Json<TeamInput>,
) -> Result<(StatusCode, Answer<Team>), Problem> {
    let request = caller.ask(Identity, pb::CreateTeamRequest { name })?;
    let answer = app.services.organization().create_team(request).await?.into_inner();
    Ok((StatusCode::CREATED, Answer(given(answer.team)?.into())))
}

async fn rename(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(TeamInput { name }): Json<TeamInput>,
) -> Result<Answer<Team>, Problem> {
    let request = caller.ask(Identity, pb::UpdateTeamRequest { id, name })?;
    let answer = app.services.organization().update_team(request).await?.into_inner();
    Ok(Answer(given(answer.team)?.into()))
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.services.organization().delete_team(caller.ask(Identity, pb::DeleteTeamRequest { id })?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn members(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Page<TeamMember>>, Problem> {
    let team = all(&app, &caller).await?.into_iter().find(|team| team.id == id);
    let team = team.ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok(page(team.member_ids, String::new()))
}

async fn put_member(
    State(app): State<App>,
    caller: Caller,
    Path((team_id, member_id)): Path<(String, String)>,
) -> Result<Answer<Team>, Problem> {
    let request = caller.ask(Identity, pb::PutTeamMemberRequest { team_id, member_id })?;
    let answer = app.services.organization().put_team_member(request).await?.into_inner();
    Ok(Answer(given(answer.team)?.into()))
}

async fn remove_member(
    State(app): State<App>,
    caller: Caller,
    Path((team_id, member_id)): Path<(String, String)>,
) -> Result<Answer<Team>, Problem> {
    let request = caller.ask(Identity, pb::RemoveTeamMemberRequest { team_id, member_id })?;
    let answer = app.services.organization().remove_team_member(request).await?.into_inner();
    Ok(Answer(given(answer.team)?.into()))
}
