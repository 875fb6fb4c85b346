//! Who is calling: credentials checked before a method sees the request.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, RwLock},
};

use access::{Caller, VerifyingKeys};
use clock::Clock;
use ring::digest;
use tonic::{Extensions, Request, Status, service::Interceptor};

/// A service's own secret, which never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceSecret(String);

impl ServiceSecret {
    /// Takes the secret from the configuration.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServiceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceSecret(…)")
    }
}

/// Which services are believed, by name. Only hashes are kept.
#[derive(Debug, Clone, Default)]
pub struct ServiceSecrets(HashMap<String, [u8; 32]>);

impl ServiceSecrets {
    /// From names and secrets.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a ServiceSecret)>) -> Self {
        Self(secrets.into_iter().map(|(name, secret)| (name.to_owned(), hash(secret.expose()))).collect())
    }

    fn believes(&self, name: &str, secret: &str) -> bool {
        // Equality of hashes: how long it takes tells nothing about the secret.
        self.0.get(name).is_some_and(|known| *known == hash(secret))
    }
}

fn hash(secret: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    out
}

/// A service that calls for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer(String);

impl Peer {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The keys by which this service believes caller tokens; exchanged while it runs, since identity rotates them.
#[derive(Debug, Clone)]
pub struct Verifier(Arc<RwLock<VerifyingKeys>>);

impl Verifier {
    /// Believes nobody until [`Verifier::replace`].
    #[must_use]
    pub fn new(keys: VerifyingKeys) -> Self {
        Self(Arc::new(RwLock::new(keys)))
    }

    /// Believes these keys from now on.
    pub fn replace(&self, keys: VerifyingKeys) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = keys;
    }

    /// Makes a caller out of a token.
    ///
    /// # Errors
    /// When the token is not believed.
    pub fn verify(&self, token: &str, now_us: i64) -> Result<Caller, access::TokenError> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).verify(token, now_us)
    }
}

/// Checks the credential of every call. A wrong one is refused; none at all is left to the method, which asks by
/// [`caller`] or [`peer`].
#[derive(Debug, Clone)]
pub struct Authenticate {
    verifier: Verifier,
    secrets: Arc<ServiceSecrets>,
    clock: Clock,
}

impl Authenticate {
    /// For one service.
    #[must_use]
    pub fn new(verifier: Verifier, secrets: ServiceSecrets, clock: Clock) -> Self {
        Self { verifier, secrets: Arc::new(secrets), clock }
    }
}

impl Interceptor for Authenticate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let Some(value) = request.metadata_mut().remove("authorization") else { return Ok(request) };
        let text = value.to_str().map_err(|_| crate::unauthenticated())?;
        if let Some(token) = text.strip_prefix("Bearer ") {
            let caller = self.verifier.verify(token, self.clock.now_us()).map_err(|refused| {
                tracing::info!(%refused, "caller token refused");
                crate::unauthenticated()
            })?;
            request.extensions_mut().insert(caller);
            return Ok(request);
        }
        let (name, secret) = text
            .strip_prefix("Service ")
            .and_then(|rest| rest.split_once(' '))
            .filter(|(name, secret)| self.secrets.believes(name, secret))
            .ok_or_else(crate::unauthenticated)?;
        debug_assert!(!secret.is_empty());
        let peer = Peer(name.to_owned());
        request.extensions_mut().insert(peer);
        Ok(request)
    }
}

/// The member who calls.
///
/// # Errors
/// `UNAUTHENTICATED` when no caller token came.
pub fn caller(extensions: &Extensions) -> Result<&Caller, Status> {
    extensions.get::<Caller>().ok_or_else(crate::unauthenticated)
}

/// The service that calls for itself, if its name is among `allowed`.
///
/// # Errors
/// `UNAUTHENTICATED` without a service credential, `PERMISSION_DENIED` for other services.
pub fn peer<'a>(extensions: &'a Extensions, allowed: &[&str]) -> Result<&'a Peer, Status> {
    let peer = extensions.get::<Peer>().ok_or_else(crate::unauthenticated)?;
    if allowed.contains(&peer.name()) {
        Ok(peer)
    } else {
        Err(Status::permission_denied("not for this service"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer() -> Authenticate {
        let secret = ServiceSecret::new("s3cret");
        let secrets = ServiceSecrets::new([("feed", &secret)]);
        Authenticate::new(Verifier::new(VerifyingKeys::new("task", [])), secrets, Clock::system())
    }

    fn call(authorization: Option<&str>) -> Result<Request<()>, Status> {
        let mut request = Request::new(());
        if let Some(value) = authorization {
            request.metadata_mut().insert("authorization", value.parse().unwrap());
        }
        layer().call(request)
    }

    #[test]
    fn a_service_is_known_by_name_and_secret_together() {
        let request = call(Some("Service feed s3cret")).unwrap();
        assert_eq!(peer(request.extensions(), &["feed"]).unwrap().name(), "feed");
        assert_eq!(peer(request.extensions(), &["task"]).unwrap_err().code(), tonic::Code::PermissionDenied);
        assert!(caller(request.extensions()).is_err());
        for bad in
            ["Service feed wrong", "Service task s3cret", "Service feed", "Bearer x.y.z", "Basic abc", ""]
        {
            assert_eq!(call(Some(bad)).unwrap_err().code(), tonic::Code::Unauthenticated, "{bad}");
        }
    }

    #[test]
    fn without_a_credential_nobody_calls() {
        let request = call(None).unwrap();
        assert!(caller(request.extensions()).is_err());
        assert!(peer(request.extensions(), &["feed"]).is_err());
    }
}
