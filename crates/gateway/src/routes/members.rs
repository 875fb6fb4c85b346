//! Members, invitations, and which provider account is which member.

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
    problem::Problem,
    reading::{Json, Paging, Query, present},
    route::Routes,
    services::Callee::Identity as IdentityService,
    view::{
        Page, given,
        identity::{Identity, Invitation, Member, NewInvitation},
        page,
    },
};

pub(super) fn routes() -> Routes {
    Routes::new("Members")
        .get("/api/v1/members", list, op("Members").query::<Paging>().page::<Member>())
        .patch(
            "/api/v1/members/{id}",
            update,
            op("Changes a member's role or name")
                .body::<MemberChange>()
                .answers::<Member>(200, "as it is now"),
        )
        .delete("/api/v1/members/{id}", remove, op("Removes a member").answers_nothing(204, "removed"))
        .get("/api/v1/invitations", invitations, op("Open invitations").page::<Invitation>())
        .post(
            "/api/v1/invitations",
            invite,
            op("Invites somebody")
                .about("The one-time sign-in link is in this answer only.")
                .body::<InvitationInput>()
                .answers::<NewInvitation>(201, "the invitation"),
        )
        .delete(
            "/api/v1/invitations/{id}",
            uninvite,
            op("Takes an invitation back").answers_nothing(204, "taken back"),
        )
        .get(
            "/api/v1/identities",
            identities,
            op("Which provider account is which member").query::<Paging>().page::<Identity>(),
        )
        .put(
            "/api/v1/identities/{account_id}",
            map,
            op("Says whose a provider account is")
                .about("`null` unlinks it.")
                .body::<Mapping>()
                .answers::<Identity>(200, "as it is now"),
        )
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Paging>,
) -> Result<Answer<Page<Member>>, Problem> {
    let message = pb::ListMembersRequest { limit: query.limit(), cursor: query.cursor() };
    let answer =
        app.services.organization().list_members(caller.ask(IdentityService, message)?).await?.into_inner();
    Ok(page(answer.members, answer.next_cursor))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberChange {
    /// `owner`, `admin`, `member` or `guest`.
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<MemberChange>,
) -> Result<Answer<Member>, Problem> {
    for (field, value) in [("role", &input.role), ("name", &input.name)] {
        if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
            return Err(Problem::invalid(field, "must not be empty"));
        }
    }
    let (role, name) = (input.role.unwrap_or_default(), input.name.unwrap_or_default());
    let request = caller.ask(IdentityService, pb::UpdateMemberRequest { id, role, name })?;
    let answer = app.services.organization().update_member(request).await?.into_inner();
    Ok(Answer(given(answer.member)?.into()))
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.services
        .organization()
        .remove_member(caller.ask(IdentityService, pb::RemoveMemberRequest { id })?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn invitations(State(app): State<App>, caller: Caller) -> Result<Answer<Page<Invitation>>, Problem> {
    let request = caller.ask(IdentityService, pb::ListInvitationsRequest {})?;
    let answer = app.services.organization().list_invitations(request).await?.into_inner();
    Ok(page(answer.invitations, String::new()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationInput {
    email: String,
    /// `member` when absent.
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    team_ids: Vec<String>,
}

async fn invite(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<InvitationInput>,
) -> Result<(StatusCode, Answer<NewInvitation>), Problem> {
    let message = pb::CreateInvitationRequest {
        email: input.email,
        role: input.role.unwrap_or_else(|| "member".to_owned()),
        name: input.name.unwrap_or_default(),
        team_ids: input.team_ids,
    };
    let answer = app
        .services
        .organization()
        .create_invitation(caller.ask(IdentityService, message)?)
        .await?
        .into_inner();
    let signin_url = format!("{}/signin/link?token={}", app.public_url, answer.link_token);
    let invitation = NewInvitation { about: given(answer.invitation)?.into(), signin_url };
    Ok((StatusCode::CREATED, Answer(invitation)))
}

async fn uninvite(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let request = caller.ask(IdentityService, pb::RevokeInvitationRequest { id })?;
    app.services.organization().revoke_invitation(request).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn identities(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Paging>,
) -> Result<Answer<Page<Identity>>, Problem> {
    let message = pb::ListIdentitiesRequest { limit: query.limit(), cursor: query.cursor() };
    let answer = app
        .services
        .organization()
        .list_identities(caller.ask(IdentityService, message)?)
        .await?
        .into_inner();
    Ok(page(answer.identities, answer.next_cursor))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mapping {
    /// A member, or null.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    member_id: Option<Option<String>>,
}

async fn map(
    State(app): State<App>,
    caller: Caller,
    Path(account_id): Path<String>,
    Json(input): Json<Mapping>,
) -> Result<Answer<Identity>, Problem> {
    let member_id = input.member_id.ok_or_else(|| Problem::invalid("member_id", "a member's id, or null"))?;
    let message = pb::MapIdentityRequest { account_id, member_id: member_id.unwrap_or_default() };
    let answer =
        app.services.organization().map_identity(caller.ask(IdentityService, message)?).await?.into_inner();
    Ok(Answer(given(answer.identity)?.into()))
}
