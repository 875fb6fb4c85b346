//! The door: decode, permit, use case, encode.

mod encode;
mod keys;
mod me;
mod organization;
mod sign_in;

use std::time::Duration;

use ::rpc::Authenticate;
use lifecycle::Shutdown;
use proto::identity::v1::{
    key_service_server::KeyServiceServer, me_service_server::MeServiceServer,
    organization_service_server::OrganizationServiceServer, sign_in_service_server::SignInServiceServer,
};
use tokio::net::TcpListener;
use tonic::{
    Extensions, Request, Status,
    service::interceptor::InterceptedService,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    domain::Invalid,
    usecase::{Context, Failure, organization_keys::KeyStore},
};

/// Largest request, bytes. Nobody has that much to say to identity.
const LARGEST_REQUEST: usize = 256 * 1024;
/// Longest a call may take.
const LONGEST_CALL: Duration = Duration::from_secs(10);

/// Serves until shutdown.
pub(crate) async fn serve(
    listener: TcpListener,
    context: Context,
    keys: KeyStore,
    authenticate: Authenticate,
    shutdown: Shutdown,
) -> Result<(), tonic::transport::Error> {
    let sign_in = SignInServiceServer::new(sign_in::SignIn(context.clone()));
    let me = MeServiceServer::new(me::Me(context.clone()));
    let organization = OrganizationServiceServer::new(organization::Organizations(context.clone()));
    let keys = KeyServiceServer::new(keys::Keys { store: keys, signer: context.signer });
    let guard = authenticate;
    Server::builder()
        .timeout(LONGEST_CALL)
        .add_service(InterceptedService::new(
            sign_in.max_decoding_message_size(LARGEST_REQUEST),
            guard.clone(),
        ))
        .add_service(InterceptedService::new(me.max_decoding_message_size(LARGEST_REQUEST), guard.clone()))
        .add_service(InterceptedService::new(
            organization.max_decoding_message_size(LARGEST_REQUEST),
            guard.clone(),
        ))
        .add_service(InterceptedService::new(keys.max_decoding_message_size(LARGEST_REQUEST), guard))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown.cancelled_owned(),
        )
        .await
}

/// What is told outside of a failure.
fn status(failure: Failure) -> Status {
    match failure {
        Failure::NotFound | Failure::Key(keyring::KeyError::Gone) => ::rpc::not_found(),
        Failure::Unauthenticated => ::rpc::unauthenticated(),
        Failure::Denied(denied) => ::rpc::denied(denied),
        Failure::Invalid(invalid) => wrong(invalid),
        Failure::Conflict { reason, message } => ::rpc::conflict(reason, message),
        Failure::Pg(error) if error.is_transient() => ::rpc::unavailable(&error),
        Failure::Emit(outbox::EmitError::Pg(error)) if error.is_transient() => ::rpc::unavailable(&error),
        Failure::Key(error) if error.is_transient() => ::rpc::unavailable(&error),
        Failure::NoRandomness(error) => ::rpc::unavailable(&error),
        defect @ (Failure::Pg(_)
        | Failure::Emit(_)
        | Failure::Key(_)
        | Failure::Wrapping(_)
        | Failure::Damaged(_)) => ::rpc::internal(&defect),
    }
}

fn wrong(invalid: Invalid) -> Status {
    ::rpc::invalid(invalid.field, invalid.message)
}

/// The permit for `A`, from the caller of the request.
fn permit<A: access::Action>(extensions: &Extensions) -> Result<access::Permit<A>, Status> {
    ::rpc::caller(extensions)?.permit::<A>().map_err(::rpc::denied)
}

/// The permit and the message.
fn admitted<A: access::Action, M>(request: Request<M>) -> Result<(access::Permit<A>, M), Status> {
    let permit = permit::<A>(request.extensions())?;
    Ok((permit, request.into_inner()))
}

/// An id that names a thing asked for: what does not parse names nothing.
fn id<I: std::str::FromStr>(text: &str) -> Result<I, Status> {
    text.parse().map_err(|_| ::rpc::not_found())
}
