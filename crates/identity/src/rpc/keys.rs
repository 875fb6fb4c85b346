//! `KeyService`: data keys for services that hold content, verifying keys for all.

use proto::identity::v1::{
    DataKey, GetKeysRequest, GetKeysResponse, GetVerifyingKeysRequest, GetVerifyingKeysResponse,
    VerifyingKey, key_service_server::KeyService,
};
use tonic::{Request, Response, Status};

use super::{id, status};
use crate::usecase::{organization_keys::KeyStore, sign::Signer};

/// Who holds content. Neither aggregation, which counts, nor the gateway, which passes on.
const HOLD_CONTENT: &[&str] = &["identity", "ingestion", "task", "feed"];
const SERVICES: &[&str] = &["identity", "ingestion", "task", "feed", "aggregation", "gateway"];

pub(super) struct Keys {
    pub(super) store: KeyStore,
    pub(super) signer: Signer,
}

#[tonic::async_trait]
impl KeyService for Keys {
    async fn get_keys(&self, request: Request<GetKeysRequest>) -> Result<Response<GetKeysResponse>, Status> {
        ::rpc::peer(request.extensions(), HOLD_CONTENT)?;
        let keys = self.store.keys(id(&request.get_ref().org_id)?).await.map_err(status)?;
        let keys = keys.into_iter().map(|key| DataKey {
            purpose: key.purpose,
            version: key.version,
            key: key.key.expose().to_vec(),
        });
        Ok(Response::new(GetKeysResponse { keys: keys.collect() }))
    }

    async fn get_verifying_keys(
        &self,
        request: Request<GetVerifyingKeysRequest>,
    ) -> Result<Response<GetVerifyingKeysResponse>, Status> {
        ::rpc::peer(request.extensions(), SERVICES)?;
        let shown = self.signer.shown().into_iter();
        let keys = shown.map(|(kid, key)| VerifyingKey { kid, key: key.to_vec() }).collect();
        Ok(Response::new(GetVerifyingKeysResponse { keys }))
    }
}
