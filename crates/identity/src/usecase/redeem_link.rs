//! Using a one-time link up: an invited member joins, and a session opens.

use chrono::{DateTime, TimeDelta, Utc};
use ids::SessionId;

use crate::{
    domain::{
        credential::{Credential, Kind},
        member::Status,
    },
    events,
    store::{invitation, link, member, organization, session},
    usecase::{Context, Failure, change::Change, observe_accounts},
};

/// How long a session lasts. It does not slide: signing in once a month is asked of everybody.
const SESSION: TimeDelta = TimeDelta::days(30);
/// How long links and sessions that open nothing are kept.
const KEPT: TimeDelta = TimeDelta::days(7);

pub(crate) struct Output {
    pub(crate) session: Credential,
    pub(crate) expires_at: DateTime<Utc>,
}

pub(crate) async fn run(context: &Context, text: &str) -> Result<Output, Failure> {
    let presented = Credential::parse(Kind::Link, text).ok_or(Failure::Unauthenticated)?;
    let mut change = Change::by_service(context, presented.org(), "sign-in").await?;
    let (now, at_us) = (change.now, change.now_us());
    let id = link::use_up(&mut change.tx, &presented, now).await?.ok_or(Failure::Unauthenticated)?;
    organization::find(&mut change.tx).await?.ok_or(Failure::Unauthenticated)?;
    let mut joining = member::find_for_update(&mut change.tx, id).await?.ok_or(Failure::Unauthenticated)?;
    change.acts_as(id);
    match joining.status {
        Status::Active => {}
        Status::Removed => return Err(Failure::Unauthenticated),
        Status::Invited => {
            joining.status = Status::Active;
            member::update(&mut change.tx, &joining).await?;
            invitation::delete_of_member(&mut change.tx, id).await?;
            change.emit(events::member(presented.org(), &joining, at_us));
            change.audit("member.joined", id).await?;
            observe_accounts::link_to(&mut change, std::slice::from_ref(&joining.email_blind)).await?;
        }
    }
    let session = Credential::fresh(Kind::Session, presented.org(), &context.entropy)?;
    let expires_at = now + SESSION;
    session::insert(&mut change.tx, &session, id, now, expires_at).await?;
    change.audit("session.opened", SessionId::from_uuid(session.id())).await?;
    link::forget(&mut change.tx, now - KEPT).await?;
    session::forget(&mut change.tx, now - KEPT).await?;
    change.commit().await?;
    Ok(Output { session, expires_at })
}
