//! Integrations, what they share, and what arrived.

use ::rpc::{caller, denied, not_found};
use access::{TenantScope, action};
use ids::{DeliveryId, IntegrationId, SourceId};
use pg::TenantTx;
use proto::ingestion::v1::{
    CoverageLine, CreateIntegrationRequest, CreateIntegrationResponse, DeleteIntegrationRequest,
    DeleteIntegrationResponse, Delivery, GetCoverageRequest, GetCoverageResponse, GetIntegrationRequest,
    GetIntegrationResponse, Integration, ListDeliveriesRequest, ListDeliveriesResponse,
    ListIntegrationsRequest, ListIntegrationsResponse, ListProvidersRequest, ListProvidersResponse,
    ListSourcesRequest, ListSourcesResponse, PreviewSourcesRequest, PreviewSourcesResponse,
    PutSourcesRequest, PutSourcesResponse, ReplayDeliveryRequest, ReplayDeliveryResponse,
    RotateSecretRequest, RotateSecretResponse, Source, integration_service_server::IntegrationService,
};
use tonic::{Request, Response, Status};

use super::{Rpc, answer};
use crate::{
    domain::visibility::Visibility,
    rpc::show,
    store::{coverage, deliveries, integrations, sources},
    usecase::{create_integration, preview_sources, put_sources, put_sources::Wanted, replay_delivery},
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl IntegrationService for Rpc {
    async fn list_providers(&self, request: Request<ListProvidersRequest>) -> Answer<ListProvidersResponse> {
        caller(request.extensions())?.permit::<action::ReadProviders>().map_err(denied)?;
        let providers = providers::table().iter().map(show::provider).collect();
        Ok(Response::new(ListProvidersResponse { providers }))
    }

    async fn create_integration(
        &self,
        request: Request<CreateIntegrationRequest>,
    ) -> Answer<CreateIntegrationResponse> {
        let permit = caller(request.extensions())?.permit::<action::ManageIntegrations>().map_err(denied)?;
        let CreateIntegrationRequest { provider, name, secret } = request.into_inner();
        let (id, secret) = create_integration::create(&self.0, &permit, &provider, &name, &secret)
            .await
            .map_err(answer::create)?;
        let integration = Some(self.integration(&permit.scope(), id).await?);
        Ok(Response::new(CreateIntegrationResponse { integration, secret }))
    }

    async fn list_integrations(
        &self,
        request: Request<ListIntegrationsRequest>,
    ) -> Answer<ListIntegrationsResponse> {
        let permit = caller(request.extensions())?.permit::<action::ReadIntegrations>().map_err(denied)?;
        let ListIntegrationsRequest { limit, cursor } = request.into_inner();
        let (before, limit) = (answer::after(&cursor)?, answer::limit(limit));
        let keys = self.0.keyring.keys(permit.org()).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, &permit.scope()).await.map_err(answer::pg)?;
        let rows = integrations::list(&mut tx, before, limit + 1).await.map_err(answer::pg)?;
        let (rows, next_cursor) = answer::page(rows, limit, |row| row.integration_id);
        let integrations =
            rows.iter().map(|row| show::integration(&keys, permit.org(), row)).collect::<Result<_, _>>()?;
        Ok(Response::new(ListIntegrationsResponse { integrations, next_cursor }))
    }

    async fn get_integration(
        &self,
        request: Request<GetIntegrationRequest>,
    ) -> Answer<GetIntegrationResponse> {
        let permit = caller(request.extensions())?.permit::<action::ReadIntegrations>().map_err(denied)?;
        let id = answer::id(&request.get_ref().id)?;
        let integration = Some(self.integration(&permit.scope(), id).await?);
        Ok(Response::new(GetIntegrationResponse { integration }))
    }

    async fn delete_integration(
        &self,
        request: Request<DeleteIntegrationRequest>,
    ) -> Answer<DeleteIntegrationResponse> {
        let permit = caller(request.extensions())?.permit::<action::ManageIntegrations>().map_err(denied)?;
        let id = answer::id(&request.get_ref().id)?;
        put_sources::delete(&self.0, &permit, id).await.map_err(answer::put)?;
        Ok(Response::new(DeleteIntegrationResponse {}))
    }

    async fn rotate_secret(&self, request: Request<RotateSecretRequest>) -> Answer<RotateSecretResponse> {
        let permit = caller(request.extensions())?.permit::<action::ManageIntegrations>().map_err(denied)?;
        let RotateSecretRequest { id, secret } = request.into_inner();
        let rotated = create_integration::rotate(&self.0, &permit, answer::id(&id)?, &secret).await;
        let (secret, previous_valid_until_us) = rotated.map_err(answer::create)?;
        Ok(Response::new(RotateSecretResponse { secret, previous_valid_until_us }))
    }

    async fn list_sources(&self, request: Request<ListSourcesRequest>) -> Answer<ListSourcesResponse> {
        let permit = caller(request.extensions())?.permit::<action::ReadIntegrations>().map_err(denied)?;
        let id = answer::id(&request.get_ref().integration_id)?;
        Ok(Response::new(ListSourcesResponse { sources: self.sources(&permit.scope(), id).await? }))
    }

    async fn put_sources(&self, request: Request<PutSourcesRequest>) -> Answer<PutSourcesResponse> {
        let permit = caller(request.extensions())?.permit::<action::ManageIntegrations>().map_err(denied)?;
        let PutSourcesRequest { integration_id, sources } = request.into_inner();
        let id = answer::id(&integration_id)?;
        put_sources::put(&self.0, &permit, id, wanted(sources)).await.map_err(answer::put)?;
        Ok(Response::new(PutSourcesResponse { sources: self.sources(&permit.scope(), id).await? }))
    }

    async fn preview_sources(
        &self,
        request: Request<PreviewSourcesRequest>,
    ) -> Answer<PreviewSourcesResponse> {
        let permit = caller(request.extensions())?.permit::<action::ManageIntegrations>().map_err(denied)?;
        let PreviewSourcesRequest { integration_id, sources } = request.into_inner();
        let id = answer::id(&integration_id)?;
        let sources =
            preview_sources::preview(&self.0, &permit, id, wanted(sources)).await.map_err(answer::put)?;
        let sources = sources.into_iter().map(show::preview).collect();
        Ok(Response::new(PreviewSourcesResponse { sources }))
    }

    async fn get_coverage(&self, request: Request<GetCoverageRequest>) -> Answer<GetCoverageResponse> {
        let permit = caller(request.extensions())?.permit::<action::ReadIntegrations>().map_err(denied)?;
        let id: IntegrationId = answer::id(&request.get_ref().integration_id)?;
        let keys = self.0.keyring.keys(permit.org()).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, &permit.scope()).await.map_err(answer::pg)?;
        integrations::get(&mut tx, id.uuid()).await.map_err(answer::pg)?.ok_or_else(not_found)?;
        let rows = coverage::lines(&mut tx, id.uuid()).await.map_err(answer::pg)?;
        let names = show::source_keys(&mut tx, &keys, rows.iter().filter_map(|row| row.source_id)).await?;
        let lines: Vec<CoverageLine> = rows.into_iter().map(|row| show::coverage_line(row, &names)).collect();
        let sum = |outcome: &str| lines.iter().filter(|l| l.outcome == outcome).map(|l| l.count).sum::<u64>();
        let (applied, skipped, failed, pending) =
            (sum("applied"), sum("skipped"), sum("failed"), sum("pending"));
        let (repeated, refused) = (sum("repeated"), sum("refused"));
        let received = lines.iter().map(|l| l.count).sum();
        Ok(Response::new(GetCoverageResponse {
            lines,
            received,
            applied,
            skipped,
            failed,
            pending,
            repeated,
            refused,
        }))
    }

    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Answer<ListDeliveriesResponse> {
        let permit = caller(request.extensions())?.permit::<action::ReadIntegrations>().map_err(denied)?;
        let ListDeliveriesRequest { integration_id, limit, cursor, state } = request.into_inner();
        if !["", "pending", "applied", "skipped", "failed"].contains(&state.as_str()) {
            return Err(::rpc::invalid("state", "expected pending, applied, skipped or failed"));
        }
        let id: IntegrationId = answer::id(&integration_id)?;
        let (before, limit) = (answer::after(&cursor)?, answer::limit(limit));
        let keys = self.0.keyring.keys(permit.org()).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, &permit.scope()).await.map_err(answer::pg)?;
        integrations::get(&mut tx, id.uuid()).await.map_err(answer::pg)?.ok_or_else(not_found)?;
        let rows =
            deliveries::list(&mut tx, id.uuid(), &state, before, limit + 1).await.map_err(answer::pg)?;
        let (rows, next_cursor) = answer::page(rows, limit, |row| row.delivery_id);
        let names = show::source_keys(&mut tx, &keys, rows.iter().filter_map(|row| row.source_id)).await?;
        let deliveries: Vec<Delivery> = rows.into_iter().map(|row| show::delivery(row, &names)).collect();
        Ok(Response::new(ListDeliveriesResponse { deliveries, next_cursor }))
    }

    async fn replay_delivery(
        &self,
        request: Request<ReplayDeliveryRequest>,
    ) -> Answer<ReplayDeliveryResponse> {
        let permit = caller(request.extensions())?.permit::<action::ManageIntegrations>().map_err(denied)?;
        let ReplayDeliveryRequest { integration_id, delivery_id } = request.into_inner();
        let (integration, delivery): (IntegrationId, DeliveryId) =
            (answer::id(&integration_id)?, answer::id(&delivery_id)?);
        let replayed =
            replay_delivery::replay(&self.0, &permit, integration, delivery).await.map_err(answer::work)?;
        let row = replayed.ok_or_else(not_found)?;
        let delivery = Some(show::delivery(row, &std::collections::HashMap::new()));
        Ok(Response::new(ReplayDeliveryResponse { delivery }))
    }
}

fn wanted(sources: Vec<proto::ingestion::v1::SourceSetting>) -> Vec<Wanted> {
    sources.into_iter().map(|s| Wanted { key: s.key, visibility: s.visibility }).collect()
}

impl Rpc {
    async fn integration(&self, scope: &TenantScope, id: IntegrationId) -> Result<Integration, Status> {
        let keys = self.0.keyring.keys(scope.org()).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, scope).await.map_err(answer::pg)?;
        let row = integrations::get(&mut tx, id.uuid()).await.map_err(answer::pg)?.ok_or_else(not_found)?;
        show::integration(&keys, scope.org(), &row)
    }

    async fn sources(&self, scope: &TenantScope, id: IntegrationId) -> Result<Vec<Source>, Status> {
        let org = scope.org();
        let keys = self.0.keyring.keys(org).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, scope).await.map_err(answer::pg)?;
        integrations::get(&mut tx, id.uuid()).await.map_err(answer::pg)?.ok_or_else(not_found)?;
        let rows = sources::shared(&mut tx, id.uuid()).await.map_err(answer::pg)?;
        rows.iter()
            .map(|row| {
                let source = SourceId::from_uuid(row.source_id);
                Ok(Source {
                    id: source.to_string(),
                    key: show::source_key(&keys, org, row.source_id, &row.key)?,
                    visibility: Visibility::of_audience(org, source, row.audience).text(),
                    shared_at_us: row.shared_at.timestamp_micros(),
                    items: u64::try_from(row.items).unwrap_or_default(),
                })
            })
            .collect()
    }
}
