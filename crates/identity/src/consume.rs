//! What identity learns from the bus: provider accounts, and what the other services write into the audit.

use ::events::{Event, Received, topic};
use access::Purpose;
use async_trait::async_trait;
use clock::Entropy;
use ids::{AccountId, AuditId};
use keyring::{KeyError, Keyring};
use outbox::{Emitter, HandleError, Handler};
use pg::TenantTx;
use proto::events::v1 as wire;

use crate::{
    domain::text::Email,
    events::{self as own, Profile},
    store::{account::SeenAccount, audit},
    usecase::observe_accounts,
};

/// Topics identity reads.
pub(crate) const TOPICS: &[&str] = &[topic::ACCOUNT, topic::AUDIT];
/// Longest text of an audit entry, bytes: ids and stable words are short.
const LONGEST_WORD: usize = 200;

/// Applies what identity reads.
pub(crate) struct Observe {
    pub(crate) keyring: Keyring,
    pub(crate) emitter: Emitter,
    pub(crate) entropy: Entropy,
}

#[async_trait]
impl Handler for Observe {
    async fn apply(&self, tx: &mut TenantTx, events: &[Received]) -> Result<(), HandleError> {
        for event in events {
            if let Some(seen) = event.decode::<wire::AccountSeen>()? {
                self.account(tx, event, seen).await?;
            } else if let Some(entry) = event.decode::<wire::AuditEntry>()? {
                audit::insert(tx, &read_audit(event, entry)?).await?;
            }
        }
        Ok(())
    }
}

impl Observe {
    async fn account(
        &self,
        tx: &mut TenantTx,
        event: &Received,
        seen: wire::AccountSeen,
    ) -> Result<(), HandleError> {
        let Some(seen) = self.read_account(tx, seen).await? else { return Ok(()) };
        let (org, now) = (tx.org(), self.entropy.clock().now());
        for (id, member) in observe_accounts::keep(tx, &[seen]).await? {
            let linked: Event = own::account(org, id, Some(member), now.timestamp_micros()).caused_by(event);
            self.emitter.append(tx, [linked]).await?;
            let entry = audit::Entry {
                id: AuditId::from_uuid(self.entropy.uuid()),
                action: "identity.linked".to_owned(),
                subject: observe_accounts::subject(id, member),
                actor: "identity".to_owned(),
                purpose: Purpose::Operate.as_str().to_owned(),
                at: now,
            };
            audit::insert(tx, &entry).await?;
        }
        Ok(())
    }

    /// Opens the profile for its address. `None` when the organization is gone.
    async fn read_account(
        &self,
        tx: &TenantTx,
        seen: wire::AccountSeen,
    ) -> Result<Option<SeenAccount>, HandleError> {
        let id = AccountId::from_slice(&seen.account_id).ok_or_else(|| poison("account id is not a UUID"))?;
        if seen.provider.is_empty() || seen.provider.len() > LONGEST_WORD {
            return Err(poison("provider of an account has no name"));
        }
        let org = tx.org();
        let keys = match self.keyring.keys(org).await {
            Ok(keys) => keys,
            Err(KeyError::Gone) => return Ok(None),
            Err(error) => return Err(undecided(error)),
        };
        let profile = match &seen.profile[..] {
            [] => Profile::default(),
            sealed => {
                let opened = self.keyring.open(org, "account", id.uuid(), sealed).await.map_err(undecided)?;
                Profile::decode(&opened).ok_or_else(|| poison("profile of an account does not decode"))?
            }
        };
        let email = Email::parse("email", &profile.email).ok();
        let email_blind = email.map(|email| keys.search().blind("email", email.as_str().as_bytes()).to_vec());
        let email_verified = profile.email_verified && email_blind.is_some();
        let wire::AccountSeen { provider, profile, bot, .. } = seen;
        Ok(Some(SeenAccount { id, provider, profile, email_blind, email_verified, bot }))
    }
}

fn read_audit(event: &Received, entry: wire::AuditEntry) -> Result<audit::Entry, HandleError> {
    let wire::AuditEntry { action, subject, actor, purpose, at_us } = entry;
    if [&action, &subject, &actor].into_iter().any(|word| word.len() > LONGEST_WORD || word.contains('\0')) {
        return Err(poison("audit entry with a text that is no id and no word"));
    }
    if ![Purpose::ServeTeam, Purpose::Operate].into_iter().any(|known| known.as_str() == purpose) {
        return Err(poison("audit entry without a known purpose"));
    }
    let id = AuditId::from_uuid(event.event_id.uuid());
    Ok(audit::Entry { id, action, subject, actor, purpose, at: clock::from_micros(at_us) })
}

fn poison(reason: &str) -> HandleError {
    HandleError::Poison(reason.to_owned())
}

fn undecided(error: KeyError) -> HandleError {
    if error.is_transient() { HandleError::retry(error) } else { poison(&error.to_string()) }
}
