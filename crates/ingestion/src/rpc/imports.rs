//! Archives.

use std::time::Duration;

use ::rpc::{caller, denied, invalid, not_found};
use access::action::Import;
use ids::{IntegrationId, MemberId};
use pg::TenantTx;
use proto::ingestion::v1::{
    GetImportRequest, GetImportResponse, ImportRequest, ImportResponse, ImportStatus, import_request::Part,
    import_service_server::ImportService,
};
use sealing::Binding;
use tonic::{Request, Response, Status, Streaming};

use super::{Rpc, answer};
use crate::{
    store::imports,
    usecase::import::{Importing, is_silent},
};

#[tonic::async_trait]
impl ImportService for Rpc {
    async fn import(
        &self,
        request: Request<Streaming<ImportRequest>>,
    ) -> Result<Response<ImportResponse>, Status> {
        let permit = caller(request.extensions())?.permit::<Import>().map_err(denied)?;
        let (mut parts, silence) = (request.into_inner(), self.0.patience.silence);
        let Some(Part::Header(header)) = next(&mut parts, silence).await?.and_then(|first| first.part) else {
            return Err(invalid("header", "the first message is the header"));
        };
        let mut importing =
            Importing::begin(&self.0, permit.clone(), &header.kind, &header.scope, &header.visibility)
                .await
                .map_err(answer::import)?;
        while let Some(ImportRequest { part }) = next(&mut parts, silence).await? {
            let Some(Part::Chunk(chunk)) = part else {
                return Err(invalid("chunk", "after the header come chunks"));
            };
            importing.push(&chunk).await.map_err(answer::import)?;
        }
        let id = importing.finish().await.map_err(answer::import)?;
        Ok(Response::new(ImportResponse {
            status: Some(self.status(&permit.scope(), permit.member(), id, true).await?),
        }))
    }

    async fn get_import(
        &self,
        request: Request<GetImportRequest>,
    ) -> Result<Response<GetImportResponse>, Status> {
        let permit = caller(request.extensions())?.permit::<Import>().map_err(denied)?;
        let admin = permit.caller().role() >= access::Role::Admin;
        let id = answer::id(&request.get_ref().id)?;
        let status = self.status(&permit.scope(), permit.member(), id, admin).await?;
        Ok(Response::new(GetImportResponse { status: Some(status) }))
    }
}

/// The next piece, which must not let itself be waited for.
async fn next(
    parts: &mut Streaming<ImportRequest>,
    silence: Duration,
) -> Result<Option<ImportRequest>, Status> {
    let late = |_| Status::deadline_exceeded("the archive stopped arriving");
    tokio::time::timeout(silence, parts.message()).await.map_err(late)?
}

impl Rpc {
    /// How an import stands, for who began it (or for anybody, where `any` says so).
    async fn status(
        &self,
        scope: &access::TenantScope,
        member: MemberId,
        id: IntegrationId,
        any: bool,
    ) -> Result<ImportStatus, Status> {
        let keys = self.0.keyring.keys(scope.org()).await.map_err(answer::key)?;
        let mut tx = TenantTx::begin(&self.0.pool, scope).await.map_err(answer::pg)?;
        let row = imports::get(&mut tx, id.uuid()).await.map_err(answer::pg)?;
        let row = row.filter(|row| any || row.created_by == member.uuid()).ok_or_else(not_found)?;
        let binding = Binding { org: scope.org(), kind: "import", id: id.uuid() };
        let opened = keys.open(binding, &row.scope).map_err(|e| answer::key(e.into()))?;
        let state = match row.state.as_str() {
            "received" if row.pending == 0 => "done",
            "received" => "normalising",
            "receiving" if is_silent(row.heard_at, self.0.entropy.clock().now()) => "interrupted",
            other => other,
        };
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        Ok(ImportStatus {
            id: id.to_string(),
            kind: row.kind,
            scope: String::from_utf8(opened).unwrap_or_default(),
            state: state.to_owned(),
            records: count(row.pending + row.applied + row.skipped + row.failed),
            repeated: count(row.repeated),
            applied: count(row.applied),
            skipped: count(row.skipped + row.left_out),
            failed: count(row.failed),
            bytes: count(row.bytes),
        })
    }
}
