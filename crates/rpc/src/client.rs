//! Calling another service.

use std::time::Duration;

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::Interceptor,
    transport::{Channel, Endpoint, Error},
};

/// A channel that connects when it is first used and again whenever it broke.
///
/// # Errors
/// When `url` is no address.
pub fn channel(url: &str) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(url.to_owned())?
        .connect_timeout(Duration::from_secs(3))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    Ok(endpoint.connect_lazy())
}

/// A request on behalf of a member, with the caller token for the callee.
///
/// # Errors
/// `UNAUTHENTICATED` when the token is not made of visible characters.
pub fn with_token<T>(token: &str, message: T) -> Result<Request<T>, Status> {
    let mut request = Request::new(message);
    let value = format!("Bearer {token}").parse().map_err(|_| crate::unauthenticated())?;
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}

/// Signs every request as this service itself.
#[derive(Clone)]
pub struct AsService(MetadataValue<Ascii>);

impl AsService {
    /// With the service's name and its secret; `None` when they hold characters that do not travel in a header.
    #[must_use]
    pub fn new(name: &str, secret: &crate::ServiceSecret) -> Option<Self> {
        let mut value: MetadataValue<Ascii> = format!("Service {name} {}", secret.expose()).parse().ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }
}

impl Interceptor for AsService {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

impl std::fmt::Debug for AsService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AsService(…)")
    }
}
