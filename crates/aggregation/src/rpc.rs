//! The service's gRPC contract: decode, permit, use case, encode.

use std::time::Duration;

use ::rpc::Authenticate;
use access::action::ReadInsights;
use clock::Clock;
use lifecycle::Shutdown;
use pg::{PgError, TenantPool};
use proto::aggregation::v1 as wire;
use proto::aggregation::v1::insight_service_server::{InsightService, InsightServiceServer};
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    domain::{figure::Cell, metric::Metric},
    usecase::{
        get_insight::{self, GetInsightError},
        list_metrics,
    },
};

/// Largest request, bytes: a metric, a scope and two dates.
const LARGEST_REQUEST: usize = 16 * 1024;
/// Longest a call may take.
const LONGEST_CALL: Duration = Duration::from_secs(10);

/// Serves until shutdown.
pub(crate) async fn serve(
    listener: TcpListener,
    pool: TenantPool,
    clock: Clock,
    authenticate: Authenticate,
    shutdown: Shutdown,
) -> Result<(), tonic::transport::Error> {
    let insights =
        InsightServiceServer::new(Insights { pool, clock }).max_decoding_message_size(LARGEST_REQUEST);
    Server::builder()
        .timeout(LONGEST_CALL)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .add_service(InterceptedService::new(insights, authenticate))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown.cancelled_owned(),
        )
        .await
}

struct Insights {
    pool: TenantPool,
    clock: Clock,
}

#[tonic::async_trait]
impl InsightService for Insights {
    async fn list_metrics(
        &self,
        request: Request<wire::ListMetricsRequest>,
    ) -> Result<Response<wire::ListMetricsResponse>, Status> {
        let permit = ::rpc::caller(request.extensions())?.permit::<ReadInsights>().map_err(::rpc::denied)?;
        let catalogue = list_metrics::run(&self.pool, &permit).await.map_err(|error| database(&error))?;
        Ok(Response::new(wire::ListMetricsResponse {
            metrics: catalogue.metrics.map(metric).to_vec(),
            cohort_floor: number(catalogue.floor),
        }))
    }

    async fn get_insight(
        &self,
        request: Request<wire::GetInsightRequest>,
    ) -> Result<Response<wire::GetInsightResponse>, Status> {
        let permit = ::rpc::caller(request.extensions())?.permit::<ReadInsights>().map_err(::rpc::denied)?;
        let asked = request.into_inner();
        let wire::GetInsightRequest { metric, scope, from, to, bucket } = &asked;
        let input = get_insight::Input { metric, scope, from, to, bucket };
        let today = self.clock.now().date_naive();
        let answer = get_insight::run(&self.pool, &permit, input, today).await.map_err(status)?;
        Ok(Response::new(wire::GetInsightResponse {
            metric: answer.metric.name().to_owned(),
            unit: answer.metric.unit().to_owned(),
            scope: if asked.scope.is_empty() { "org".to_owned() } else { asked.scope },
            bucket: answer.bucket.name().to_owned(),
            cells: answer.cells.iter().map(cell).collect(),
        }))
    }
}

fn metric(metric: Metric) -> wire::Metric {
    wire::Metric {
        name: metric.name().to_owned(),
        title: metric.title().to_owned(),
        unit: metric.unit().to_owned(),
        description: metric.description().to_owned(),
    }
}

fn cell(cell: &Cell) -> wire::Cell {
    let shown = cell.figure.ok();
    wire::Cell {
        from: cell.span.from.to_string(),
        to: cell.span.to.to_string(),
        value: shown.map_or(0.0, |figure| figure.value),
        has_value: shown.is_some(),
        cohort: shown.map_or(0, |figure| number(figure.cohort)),
        has_cohort: shown.is_some(),
        suppressed: cell.figure.err().map_or_else(String::new, |why| why.name().to_owned()),
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn status(error: GetInsightError) -> Status {
    match error {
        GetInsightError::Metric => ::rpc::invalid("metric", error.to_string()),
        GetInsightError::Scope => ::rpc::invalid("scope", error.to_string()),
        GetInsightError::Span(span) => ::rpc::invalid(span.field(), span.to_string()),
        GetInsightError::NoSuchTeam => ::rpc::not_found(),
        GetInsightError::Pg(error) => database(&error),
        GetInsightError::Ended(error) => ::rpc::internal(&error),
    }
}

fn database(error: &PgError) -> Status {
    if error.is_transient() { ::rpc::unavailable(error) } else { ::rpc::internal(error) }
}
