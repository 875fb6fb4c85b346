//! `OrganizationService`: the organization, its people, teams, accounts, keys and audit log.

use ids::AccountId;
use proto::identity::v1::{organization_service_server::OrganizationService, *};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{admitted, encode, id, status, wrong};
use crate::{
    domain::paging::Page,
    usecase::{
        Context, create_invitation, create_team, delete_team, get_organization, list_audit, list_identities,
        list_invitations, list_members, list_teams, map_identity, put_team_member, remove_member,
        remove_team_member, revoke_invitation, rotate_keys, update_member, update_organization, update_team,
    },
};

pub(super) struct Organizations(pub(super) Context);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl OrganizationService for Organizations {
    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Answer<GetOrganizationResponse> {
        let (permit, _) = admitted(request)?;
        let found = get_organization::run(&self.0, &permit).await.map_err(status)?;
        Ok(Response::new(GetOrganizationResponse { org: Some(encode::organization(found)) }))
    }

    async fn update_organization(
        &self,
        request: Request<UpdateOrganizationRequest>,
    ) -> Answer<UpdateOrganizationResponse> {
        let (permit, UpdateOrganizationRequest { name, cohort_floor }) = admitted(request)?;
        let input = update_organization::Input { name: &name, cohort_floor };
        let changed = update_organization::run(&self.0, &permit, input).await.map_err(status)?;
        Ok(Response::new(UpdateOrganizationResponse { org: Some(encode::organization(changed)) }))
    }

    async fn list_members(&self, request: Request<ListMembersRequest>) -> Answer<ListMembersResponse> {
        let (permit, ListMembersRequest { limit, cursor }) = admitted(request)?;
        let page = Page::new(limit, &cursor).map_err(wrong)?;
        let (members, next_cursor) = list_members::run(&self.0, &permit, page).await.map_err(status)?;
        let members = members.into_iter().map(encode::member).collect();
        Ok(Response::new(ListMembersResponse { members, next_cursor }))
    }

    async fn update_member(&self, request: Request<UpdateMemberRequest>) -> Answer<UpdateMemberResponse> {
        let (permit, UpdateMemberRequest { id: member, role, name }) = admitted(request)?;
        let input = update_member::Input { id: id(&member)?, role: &role, name: &name };
        let changed = update_member::run(&self.0, &permit, input).await.map_err(status)?;
        Ok(Response::new(UpdateMemberResponse { member: Some(encode::member(changed)) }))
    }

    async fn remove_member(&self, request: Request<RemoveMemberRequest>) -> Answer<RemoveMemberResponse> {
        let (permit, RemoveMemberRequest { id: member }) = admitted(request)?;
        remove_member::run(&self.0, &permit, id(&member)?).await.map_err(status)?;
        Ok(Response::new(RemoveMemberResponse {}))
    }

    async fn create_invitation(
        &self,
        request: Request<CreateInvitationRequest>,
    ) -> Answer<CreateInvitationResponse> {
        let (permit, CreateInvitationRequest { email, role, name, team_ids }) = admitted(request)?;
        let teams: Result<Vec<ids::TeamId>, _> = team_ids.iter().map(|team| team.parse()).collect();
        let teams = teams.map_err(|_| ::rpc::invalid("team_ids", "expected teams of the organization"))?;
        let input = create_invitation::Input { email: &email, role: &role, name: &name, teams };
        let (invitation, link) = create_invitation::run(&self.0, &permit, input).await.map_err(status)?;
        let invitation = Some(encode::invitation(invitation));
        Ok(Response::new(CreateInvitationResponse { invitation, link_token: link.reveal() }))
    }

    async fn list_invitations(
        &self,
        request: Request<ListInvitationsRequest>,
    ) -> Answer<ListInvitationsResponse> {
        let (permit, _) = admitted(request)?;
        let open = list_invitations::run(&self.0, &permit).await.map_err(status)?;
        Ok(Response::new(ListInvitationsResponse {
            invitations: open.into_iter().map(encode::invitation).collect(),
        }))
    }

    async fn revoke_invitation(
        &self,
        request: Request<RevokeInvitationRequest>,
    ) -> Answer<RevokeInvitationResponse> {
        let (permit, RevokeInvitationRequest { id: invitation }) = admitted(request)?;
        revoke_invitation::run(&self.0, &permit, id(&invitation)?).await.map_err(status)?;
        Ok(Response::new(RevokeInvitationResponse {}))
    }

    async fn list_teams(&self, request: Request<ListTeamsRequest>) -> Answer<ListTeamsResponse> {
        let (permit, _) = admitted(request)?;
        let teams = list_teams::run(&self.0, &permit).await.map_err(status)?;
        Ok(Response::new(ListTeamsResponse { teams: teams.into_iter().map(encode::team).collect() }))
    }

    async fn create_team(&self, request: Request<CreateTeamRequest>) -> Answer<CreateTeamResponse> {
        let (permit, CreateTeamRequest { name }) = admitted(request)?;
        let team = create_team::run(&self.0, &permit, &name).await.map_err(status)?;
        Ok(Response::new(CreateTeamResponse { team: Some(encode::team(team)) }))
    }

    async fn update_team(&self, request: Request<UpdateTeamRequest>) -> Answer<UpdateTeamResponse> {
        let (permit, UpdateTeamRequest { id: team, name }) = admitted(request)?;
        let team = update_team::run(&self.0, &permit, id(&team)?, &name).await.map_err(status)?;
        Ok(Response::new(UpdateTeamResponse { team: Some(encode::team(team)) }))
    }

    async fn delete_team(&self, request: Request<DeleteTeamRequest>) -> Answer<DeleteTeamResponse> {
        let (permit, DeleteTeamRequest { id: team }) = admitted(request)?;
        delete_team::run(&self.0, &permit, id(&team)?).await.map_err(status)?;
        Ok(Response::new(DeleteTeamResponse {}))
    }

    async fn put_team_member(&self, request: Request<PutTeamMemberRequest>) -> Answer<PutTeamMemberResponse> {
        let (permit, PutTeamMemberRequest { team_id, member_id }) = admitted(request)?;
        let team =
            put_team_member::run(&self.0, &permit, id(&team_id)?, id(&member_id)?).await.map_err(status)?;
        Ok(Response::new(PutTeamMemberResponse { team: Some(encode::team(team)) }))
    }

    async fn remove_team_member(
        &self,
        request: Request<RemoveTeamMemberRequest>,
    ) -> Answer<RemoveTeamMemberResponse> {
        let (permit, RemoveTeamMemberRequest { team_id, member_id }) = admitted(request)?;
        let team = remove_team_member::run(&self.0, &permit, id(&team_id)?, id(&member_id)?)
            .await
            .map_err(status)?;
        Ok(Response::new(RemoveTeamMemberResponse { team: Some(encode::team(team)) }))
    }

    async fn list_identities(
        &self,
        request: Request<ListIdentitiesRequest>,
    ) -> Answer<ListIdentitiesResponse> {
        let (permit, ListIdentitiesRequest { limit, cursor }) = admitted(request)?;
        let page = Page::new(limit, &cursor).map_err(wrong)?;
        let (identities, next_cursor) = list_identities::run(&self.0, &permit, page).await.map_err(status)?;
        let identities = identities.into_iter().map(encode::identity).collect();
        Ok(Response::new(ListIdentitiesResponse { identities, next_cursor }))
    }

    async fn map_identity(&self, request: Request<MapIdentityRequest>) -> Answer<MapIdentityResponse> {
        let (permit, MapIdentityRequest { account_id, member_id }) = admitted(request)?;
        let account = AccountId::from_uuid(id::<Uuid>(&account_id)?);
        let member = if member_id.is_empty() { None } else { Some(id(&member_id)?) };
        let mapped = map_identity::run(&self.0, &permit, account, member).await.map_err(status)?;
        Ok(Response::new(MapIdentityResponse { identity: Some(encode::identity(mapped)) }))
    }

    async fn rotate_keys(&self, request: Request<RotateKeysRequest>) -> Answer<RotateKeysResponse> {
        let (permit, _) = admitted(request)?;
        let version = rotate_keys::run(&self.0, &permit).await.map_err(status)?;
        Ok(Response::new(RotateKeysResponse { version }))
    }

    async fn list_audit(&self, request: Request<ListAuditRequest>) -> Answer<ListAuditResponse> {
        let (permit, ListAuditRequest { limit, cursor }) = admitted(request)?;
        let page = Page::new(limit, &cursor).map_err(wrong)?;
        let (entries, next_cursor) = list_audit::run(&self.0, &permit, page).await.map_err(status)?;
        let entries = entries.into_iter().map(encode::audit).collect();
        Ok(Response::new(ListAuditResponse { entries, next_cursor }))
    }
}
