//! A change with its events and its audit entry: all of it commits, or none.

use ::events::Event;
use access::{Action, Permit, Purpose, TenantScope};
use chrono::{DateTime, Utc};
use ids::{AuditId, MemberId, OrgId};
use pg::{PgError, TenantTx};

use crate::{
    store::{audit, member},
    usecase::{Context, Failure},
};

/// A change under way. Dropped without [`Change::commit`], it never was.
pub(crate) struct Change<'a> {
    context: &'a Context,
    pub(crate) tx: TenantTx,
    pub(crate) now: DateTime<Utc>,
    actor: String,
    purpose: Purpose,
    events: Vec<Event>,
}

impl<'a> Change<'a> {
    /// Begins on behalf of a member. The permit may be minutes old: whoever was removed or demoted since changes nothing.
    pub(crate) async fn by_member<A: Action>(
        context: &'a Context,
        permit: &Permit<A>,
    ) -> Result<Self, Failure> {
        let purpose = permit.caller().purpose();
        let mut change = Self::begin(context, &permit.scope(), permit.member().to_string(), purpose).await?;
        still_holds(&mut change.tx, permit).await?;
        Ok(change)
    }

    /// Begins for somebody who is not a caller yet, or for no member at all.
    pub(crate) async fn by_service(context: &'a Context, org: OrgId, actor: &str) -> Result<Self, Failure> {
        let scope = TenantScope::for_credential(org);
        Self::begin(context, &scope, actor.to_owned(), Purpose::Operate).await
    }

    async fn begin(
        context: &'a Context,
        scope: &TenantScope,
        actor: String,
        purpose: Purpose,
    ) -> Result<Self, Failure> {
        let tx = TenantTx::begin(&context.pool, scope).await?;
        Ok(Self { context, tx, now: context.now(), actor, purpose, events: Vec::new() })
    }

    /// Says who it was, where that is found out on the way.
    pub(crate) fn acts_as(&mut self, member: MemberId) {
        self.actor = member.to_string();
        self.purpose = Purpose::ServeTeam;
    }

    /// Notes an event to go out with the change.
    pub(crate) fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn org(&self) -> OrgId {
        self.tx.org()
    }

    /// Now, as events carry it.
    pub(crate) fn now_us(&self) -> i64 {
        self.now.timestamp_micros()
    }

    /// Writes down that `action` was done to `subject`.
    pub(crate) async fn audit(&mut self, action: &str, subject: impl ToString) -> Result<(), PgError> {
        let entry = audit::Entry {
            id: AuditId::from_uuid(self.context.entropy.uuid()),
            action: action.to_owned(),
            subject: subject.to_string(),
            actor: self.actor.clone(),
            purpose: self.purpose.as_str().to_owned(),
            at: self.now,
        };
        audit::insert(&mut self.tx, &entry).await
    }

    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        self.context.emitter.append(&mut self.tx, self.events).await?;
        Ok(self.context.emitter.commit(self.tx).await?)
    }
}

/// Whether the caller is still an active member with at least the role of the permit.
pub(crate) async fn still_holds<A: Action>(tx: &mut TenantTx, permit: &Permit<A>) -> Result<(), Failure> {
    match member::active_role(tx, permit.member()).await? {
        Some(role) if role >= permit.caller().role() => Ok(()),
        _ => Err(Failure::Unauthenticated),
    }
}
