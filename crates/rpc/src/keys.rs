//! Keeping up with identity's rotating keys for caller tokens.

use std::{convert::Infallible, time::Duration};

use access::VerifyingKeys;
use lifecycle::Shutdown;
use proto::identity::v1::{GetVerifyingKeysRequest, key_service_client::KeyServiceClient};
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};

use crate::{AsService, Verifier};

/// How often the keys are asked for. Identity shows a key well before it signs with it.
const PERIOD: Duration = Duration::from_secs(30);
/// Wait after a failure, growing up to [`PERIOD`].
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Replaces the keys of `verifier`, which belongs to the service called `callee`, with those of identity: at once, then every
/// 30 seconds, until shutdown. While identity is away the last known keys stay.
///
/// # Errors
/// Never: identity being away is waited out.
pub async fn refresh(
    verifier: Verifier,
    channel: Channel,
    credential: AsService,
    callee: &'static str,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    let mut identity = KeyServiceClient::with_interceptor(channel, credential);
    let mut backoff = FIRST_BACKOFF;
    while !shutdown.is_cancelled() {
        let pause = match fetch(&mut identity, callee).await {
            Ok(keys) => {
                verifier.replace(keys);
                backoff = FIRST_BACKOFF;
                PERIOD
            }
            Err(status) => {
                tracing::warn!(code = %status.code(), "identity does not show its verifying keys");
                let pause = backoff;
                backoff = (backoff * 2).min(PERIOD);
                pause
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

async fn fetch(
    identity: &mut KeyServiceClient<InterceptedService<Channel, AsService>>,
    callee: &str,
) -> Result<VerifyingKeys, Status> {
    let answer = identity.get_verifying_keys(GetVerifyingKeysRequest {}).await?.into_inner();
    let keys = answer.keys.into_iter().filter_map(|key| Some((key.kid, key.key.try_into().ok()?)));
    Ok(VerifyingKeys::new(callee, keys))
}
