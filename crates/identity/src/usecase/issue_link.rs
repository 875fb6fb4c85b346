//! A new one-time link for an active member, by the operator's word: for a second start, and for who lost every session.

use chrono::TimeDelta;
use ids::{MemberId, OrgId};

use crate::{
    domain::{
        credential::{Credential, Kind},
        member::Status,
        text::Email,
    },
    store::{link, member},
    usecase::{Context, Failure, change::Change},
};

/// How long a link waits to be used.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// Whom the link is for.
pub(crate) enum For<'a> {
    /// The owner who has been there longest.
    Owner,
    /// The member with this address.
    Address(&'a str),
}

pub(crate) async fn run(context: &Context, org: OrgId, whom: For<'_>) -> Result<Credential, Failure> {
    let blind = match whom {
        For::Owner => None,
        For::Address(text) => {
            let email = Email::parse("email", text)?;
            Some(context.keyring.keys(org).await?.search().blind("email", email.as_str().as_bytes()))
        }
    };
    let mut change = Change::by_service(context, org, "operator").await?;
    let member = match blind {
        None => member::lock_owners(&mut change.tx).await?.first().copied(),
        Some(blind) => active(member::find_by_address(&mut change.tx, &blind).await?),
    };
    let member = member.ok_or(Failure::NotFound)?;
    let link = Credential::fresh(Kind::Link, org, &context.entropy)?;
    let expires_at = change.now + LIFETIME;
    link::insert(&mut change.tx, &link, member, expires_at).await?;
    change.audit("link.issued", member).await?;
    change.commit().await?;
    Ok(link)
}

fn active(found: Option<member::Member>) -> Option<MemberId> {
    found.filter(|member| member.status == Status::Active).map(|member| member.id)
}
