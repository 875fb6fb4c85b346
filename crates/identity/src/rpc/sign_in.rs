//! `SignInService`: for the gateway and the operator, who present what people presented to them.

use proto::identity::v1::{
    BootstrapRequest, BootstrapResponse, CreateOwnerLinkRequest, CreateOwnerLinkResponse, EndSessionRequest,
    EndSessionResponse, ExchangeRequest, ExchangeResponse, IssueLinkRequest, IssueLinkResponse,
    RedeemLinkRequest, RedeemLinkResponse, sign_in_service_server::SignInService,
};
use tonic::{Request, Response, Status};

use super::{id, status};
use crate::usecase::{
    Context, bootstrap, end_session, exchange,
    issue_link::{self, For},
    redeem_link,
};

const OPERATOR: &[&str] = &["operator"];
const DOORS: &[&str] = &["gateway", "operator"];

pub(super) struct SignIn(pub(super) Context);

#[tonic::async_trait]
impl SignInService for SignIn {
    async fn bootstrap(
        &self,
        request: Request<BootstrapRequest>,
    ) -> Result<Response<BootstrapResponse>, Status> {
        ::rpc::peer(request.extensions(), OPERATOR)?;
        let BootstrapRequest { organization, email, name } = request.into_inner();
        let input = bootstrap::Input { organization: &organization, email: &email, name: &name };
        let made = bootstrap::run(&self.0, input).await.map_err(status)?;
        Ok(Response::new(BootstrapResponse {
            org_id: made.org.to_string(),
            member_id: made.member.to_string(),
            link_token: made.link.reveal(),
            api_token: made.token.reveal(),
        }))
    }

    async fn redeem_link(
        &self,
        request: Request<RedeemLinkRequest>,
    ) -> Result<Response<RedeemLinkResponse>, Status> {
        ::rpc::peer(request.extensions(), DOORS)?;
        let opened = redeem_link::run(&self.0, &request.into_inner().token).await.map_err(status)?;
        Ok(Response::new(RedeemLinkResponse {
            session: opened.session.reveal(),
            expires_at_us: opened.expires_at.timestamp_micros(),
        }))
    }

    async fn exchange(
        &self,
        request: Request<ExchangeRequest>,
    ) -> Result<Response<ExchangeResponse>, Status> {
        ::rpc::peer(request.extensions(), DOORS)?;
        let ExchangeRequest { session, api_token } = request.into_inner();
        let input = exchange::Input { session: &session, api_token: &api_token };
        let issued = exchange::run(&self.0, input).await.map_err(status)?;
        Ok(Response::new(ExchangeResponse {
            tokens: issued.tokens.into_iter().map(|(callee, token)| (callee.to_owned(), token)).collect(),
            expires_at_us: issued.expires_at_us,
            org_id: issued.org.to_string(),
            member_id: issued.member.to_string(),
            scopes: issued.scopes.into_iter().map(|scope| scope.as_str().to_owned()).collect(),
        }))
    }

    async fn end_session(
        &self,
        request: Request<EndSessionRequest>,
    ) -> Result<Response<EndSessionResponse>, Status> {
        ::rpc::peer(request.extensions(), DOORS)?;
        end_session::run(&self.0, &request.into_inner().session).await.map_err(status)?;
        Ok(Response::new(EndSessionResponse {}))
    }

    async fn issue_link(
        &self,
        request: Request<IssueLinkRequest>,
    ) -> Result<Response<IssueLinkResponse>, Status> {
        ::rpc::peer(request.extensions(), OPERATOR)?;
        let IssueLinkRequest { org_id, email } = request.into_inner();
        let link = issue_link::run(&self.0, id(&org_id)?, For::Address(&email)).await.map_err(status)?;
        Ok(Response::new(IssueLinkResponse { link_token: link.reveal() }))
    }

    async fn create_owner_link(
        &self,
        request: Request<CreateOwnerLinkRequest>,
    ) -> Result<Response<CreateOwnerLinkResponse>, Status> {
        ::rpc::peer(request.extensions(), OPERATOR)?;
        let link =
            issue_link::run(&self.0, id(&request.get_ref().org_id)?, For::Owner).await.map_err(status)?;
        Ok(Response::new(CreateOwnerLinkResponse { link_token: link.reveal() }))
    }
}
