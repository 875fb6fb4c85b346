//! What is connected, what is shared, what arrived.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use proto::ingestion::v1 as pb;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::Caller,
    operation::op,
    problem::Problem,
    reading::{self, Json, Paging, Query},
    route::Routes,
    services::Callee::Ingestion,
    view::{
        Page, Time, given,
        integration::{
            Coverage, Delivery, Disclosure, Integration, NewIntegration, NewSecret, Provider, SharedSource,
            SourcePreview,
        },
        page,
    },
};

pub(super) fn routes() -> Routes {
    let (one, sources) = ("/api/v1/integrations/{id}", "/api/v1/integrations/{id}/sources");
    Routes::new("Integrations")
        .get(
            "/api/v1/providers",
            providers,
            op("What can be connected: what each reads, may send back, and how its deliveries are verified")
                .page::<Provider>(),
        )
        .get("/api/v1/integrations", list, op("What is connected").query::<Paging>().page::<Integration>())
        .post(
            "/api/v1/integrations",
            create,
            op("Connects a provider")
                .about(
                    "The signing secret is in this answer only. Nothing is shared before sources are named.",
                )
                .body::<IntegrationInput>()
                .answers::<NewIntegration>(201, "the integration"),
        )
        .get(one, get, op("One integration").answers::<Integration>(200, "the integration"))
        .delete(
            one,
            delete,
            op("Disconnects; everything that came by it is purged").answers_nothing(204, "gone"),
        )
        .post(
            "/api/v1/integrations/{id}/secret",
            rotate,
            op("Makes a second signing secret; the first ends a day later")
                .body::<SecretInput>()
                .answers::<NewSecret>(200, "the secret"),
        )
        .get(sources, list_sources, op("What is shared").page::<SharedSource>())
        .put(
            sources,
            put_sources,
            op("Says what is shared: the whole list")
                .about("What is no longer in the list is purged everywhere. Look at the preview first.")
                .body::<SourcesInput>()
                .page::<SharedSource>(),
        )
        .post(
            "/api/v1/integrations/{id}/sources/preview",
            preview,
            op("What sharing these would mean, before anything is stored")
                .body::<SourcesInput>()
                .page::<SourcePreview>(),
        )
        .get(
            "/api/v1/integrations/{id}/coverage",
            coverage,
            op("What was received, and what became of it").answers::<Coverage>(200, "the ledger"),
        )
        .get(
            "/api/v1/integrations/{id}/disclosures",
            disclosures,
            op("What was sent back to the provider").about("Nothing is, so far.").page::<Disclosure>(),
        )
        .get(
            "/api/v1/integrations/{id}/deliveries",
            deliveries,
            op("Deliveries").query::<DeliveryQuery>().page::<Delivery>(),
        )
        .post(
            "/api/v1/integrations/{id}/deliveries/{delivery_id}/replay",
            replay,
            op("Takes a delivery in again").answers::<Delivery>(200, "the delivery"),
        )
}

async fn providers(State(app): State<App>, caller: Caller) -> Result<Answer<Page<Provider>>, Problem> {
    let request = caller.ask(Ingestion, pb::ListProvidersRequest {})?;
    let answer = app.services.integrations().list_providers(request).await?.into_inner();
    Ok(page(answer.providers, String::new()))
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Paging>,
) -> Result<Answer<Page<Integration>>, Problem> {
    let message = pb::ListIntegrationsRequest { limit: query.limit(), cursor: query.cursor() };
    let answer =
        app.services.integrations().list_integrations(caller.ask(Ingestion, message)?).await?.into_inner();
    let items: Vec<_> =
        answer.integrations.into_iter().map(|i| Integration::new(i, &app.public_url)).collect();
    Ok(page(items, answer.next_cursor))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IntegrationInput {
    /// One of `/api/v1/providers`.
    provider: String,
    name: String,
    /// Generated when absent.
    #[serde(default)]
    secret: Option<String>,
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<IntegrationInput>,
) -> Result<(StatusCode, Answer<NewIntegration>), Problem> {
    let IntegrationInput { provider, name, secret } = input;
    let secret = chosen(secret)?;
    let request = caller.ask(Ingestion, pb::CreateIntegrationRequest { provider, name, secret })?;
    let answer = app.services.integrations().create_integration(request).await?.into_inner();
    let about = Integration::new(given(answer.integration)?, &app.public_url);
    Ok((StatusCode::CREATED, Answer(NewIntegration { about, secret: answer.secret })))
}

/// An empty secret would be taken for "generate one", which is not what somebody means who sends one.
fn chosen(secret: Option<String>) -> Result<String, Problem> {
    match secret {
        Some(secret) if secret.is_empty() => {
            Err(Problem::invalid("secret", "must not be empty; leave it out to have one made"))
        }
        secret => Ok(secret.unwrap_or_default()),
    }
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Integration>, Problem> {
    let request = caller.ask(Ingestion, pb::GetIntegrationRequest { id })?;
    let answer = app.services.integrations().get_integration(request).await?.into_inner();
    Ok(Answer(Integration::new(given(answer.integration)?, &app.public_url)))
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.services
        .integrations()
        .delete_integration(caller.ask(Ingestion, pb::DeleteIntegrationRequest { id })?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretInput {
    /// Generated when absent.
    #[serde(default)]
    secret: Option<String>,
}

async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<SecretInput>,
) -> Result<Answer<NewSecret>, Problem> {
    let secret = chosen(input.secret)?;
    let request = caller.ask(Ingestion, pb::RotateSecretRequest { id, secret })?;
    let answer = app.services.integrations().rotate_secret(request).await?.into_inner();
    let previous_valid_until = Time::unless_zero(answer.previous_valid_until_us);
    Ok(Answer(NewSecret { secret: answer.secret, previous_valid_until }))
}

async fn list_sources(
    State(app): State<App>,
    caller: Caller,
    Path(integration_id): Path<String>,
) -> Result<Answer<Page<SharedSource>>, Problem> {
    let request = caller.ask(Ingestion, pb::ListSourcesRequest { integration_id })?;
    let answer = app.services.integrations().list_sources(request).await?.into_inner();
    Ok(page(answer.sources, String::new()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SourcesInput {
    sources: Vec<SourceInput>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SourceInput {
    /// What a person would write: owner/repo, a channel, a project key.
    key: String,
    /// `org`, `team:<team id>` or `source`: only those who can see it at the provider.
    visibility: String,
}

impl SourcesInput {
    fn settings(self) -> Vec<pb::SourceSetting> {
        let setting = |SourceInput { key, visibility }| pb::SourceSetting { key, visibility };
        self.sources.into_iter().map(setting).collect()
    }
}

async fn put_sources(
    State(app): State<App>,
    caller: Caller,
    Path(integration_id): Path<String>,
    Json(input): Json<SourcesInput>,
) -> Result<Answer<Page<SharedSource>>, Problem> {
    let message = pb::PutSourcesRequest { integration_id, sources: input.settings() };
    let answer = app.services.integrations().put_sources(caller.ask(Ingestion, message)?).await?.into_inner();
    Ok(page(answer.sources, String::new()))
}

async fn preview(
    State(app): State<App>,
    caller: Caller,
    Path(integration_id): Path<String>,
    Json(input): Json<SourcesInput>,
) -> Result<Answer<Page<SourcePreview>>, Problem> {
    let message = pb::PreviewSourcesRequest { integration_id, sources: input.settings() };
    let answer =
        app.services.integrations().preview_sources(caller.ask(Ingestion, message)?).await?.into_inner();
    Ok(page(answer.sources, String::new()))
}

async fn coverage(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Coverage>, Problem> {
    let request = caller.ask(Ingestion, pb::GetCoverageRequest { integration_id: id })?;
    Ok(Answer(app.services.integrations().get_coverage(request).await?.into_inner().into()))
}

async fn disclosures(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Page<Disclosure>>, Problem> {
    // Nothing is written back yet, so the ledger is empty; but only for who may see the integration.
    app.services
        .integrations()
        .get_integration(caller.ask(Ingestion, pb::GetIntegrationRequest { id })?)
        .await?;
    Ok(page(Vec::<Disclosure>::new(), String::new()))
}

#[derive(Deserialize, IntoParams)]
struct DeliveryQuery {
    /// How many items, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `pending`, `applied`, `skipped` or `failed`; all when absent.
    state: Option<String>,
}

async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(integration_id): Path<String>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Answer<Page<Delivery>>, Problem> {
    let message = pb::ListDeliveriesRequest {
        integration_id,
        limit: reading::limit(query.limit),
        cursor: query.cursor.unwrap_or_default(),
        state: query.state.unwrap_or_default(),
    };
    let answer =
        app.services.integrations().list_deliveries(caller.ask(Ingestion, message)?).await?.into_inner();
    Ok(page(answer.deliveries, answer.next_cursor))
}

async fn replay(
    State(app): State<App>,
    caller: Caller,
    Path((integration_id, delivery_id)): Path<(String, String)>,
) -> Result<Answer<Delivery>, Problem> {
    let request = caller.ask(Ingestion, pb::ReplayDeliveryRequest { integration_id, delivery_id })?;
    let answer = app.services.integrations().replay_delivery(request).await?.into_inner();
    Ok(Answer(given(answer.delivery)?.into()))
}
