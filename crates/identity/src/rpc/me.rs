//! `MeService`: the caller's own things.

use proto::identity::v1::{
    CreateTokenRequest, CreateTokenResponse, GetMeRequest, GetMeResponse, ListTokensRequest,
    ListTokensResponse, RevokeTokenRequest, RevokeTokenResponse, me_service_server::MeService,
};
use tonic::{Request, Response, Status};

use super::{admitted, encode, id, status};
use crate::usecase::{Context, create_token, get_me, list_tokens, revoke_token};

pub(super) struct Me(pub(super) Context);

#[tonic::async_trait]
impl MeService for Me {
    async fn get_me(&self, request: Request<GetMeRequest>) -> Result<Response<GetMeResponse>, Status> {
        let (permit, _) = admitted(request)?;
        let (member, organization) = get_me::run(&self.0, &permit).await.map_err(status)?;
        Ok(Response::new(GetMeResponse {
            member: Some(encode::member(member)),
            org: Some(encode::organization(organization)),
            mfa: permit.caller().mfa(),
            method: permit.caller().method().as_str().to_owned(),
            authenticated_at_us: permit.caller().authenticated_at_us(),
        }))
    }

    async fn list_tokens(
        &self,
        request: Request<ListTokensRequest>,
    ) -> Result<Response<ListTokensResponse>, Status> {
        let (permit, _) = admitted(request)?;
        let tokens = list_tokens::run(&self.0, &permit).await.map_err(status)?;
        Ok(Response::new(ListTokensResponse { tokens: tokens.into_iter().map(encode::token).collect() }))
    }

    async fn create_token(
        &self,
        request: Request<CreateTokenRequest>,
    ) -> Result<Response<CreateTokenResponse>, Status> {
        let (permit, CreateTokenRequest { name, scopes, expires_at_us }) = admitted(request)?;
        let input = create_token::Input { name: &name, scopes: &scopes, expires_at_us };
        let (token, secret) = create_token::run(&self.0, &permit, input).await.map_err(status)?;
        Ok(Response::new(CreateTokenResponse { token: Some(encode::token(token)), secret: secret.reveal() }))
    }

    async fn revoke_token(
        &self,
        request: Request<RevokeTokenRequest>,
    ) -> Result<Response<RevokeTokenResponse>, Status> {
        let (permit, RevokeTokenRequest { id: token }) = admitted(request)?;
        revoke_token::run(&self.0, &permit, id(&token)?).await.map_err(status)?;
        Ok(Response::new(RevokeTokenResponse {}))
    }
}
