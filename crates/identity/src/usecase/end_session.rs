//! Signing out.

use ids::SessionId;

use crate::{
    domain::credential::{Credential, Kind},
    store::session,
    usecase::{Context, Failure, change::Change},
};

/// Ends the session; one that is over already, or never was, is over.
pub(crate) async fn run(context: &Context, text: &str) -> Result<(), Failure> {
    let Some(presented) = Credential::parse(Kind::Session, text) else { return Ok(()) };
    let mut change = Change::by_service(context, presented.org(), "sign-in").await?;
    let now = change.now;
    if let Some(member) = session::revoke(&mut change.tx, &presented, now).await? {
        change.acts_as(member);
        change.audit("session.ended", SessionId::from_uuid(presented.id())).await?;
    }
    change.commit().await
}
