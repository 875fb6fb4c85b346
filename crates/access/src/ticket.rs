//! Tickets: how work that waits (an event on the bus, a queued delivery) proves whose it is.

use std::fmt;

use ids::OrgId;
use ring::hmac;

/// HMAC-SHA256 over organization and content under the installation's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket([u8; 32]);

impl Ticket {
    /// As stored or sent; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// To store or send.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The installation's key for tickets. Whoever can write to a topic or a queue table but lacks it opens no scope.
#[derive(Clone)]
pub struct TicketKey(hmac::Key);

impl TicketKey {
    /// Takes the key's bytes from the configuration.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Signs `content` for an organization.
    #[must_use]
    pub fn issue(&self, org: OrgId, content: &[u8]) -> Ticket {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(org.uuid().as_bytes());
        context.update(content);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        Ticket(out)
    }

    /// Checks in constant time.
    pub(crate) fn check(&self, org: OrgId, content: &[u8], ticket: &Ticket) -> bool {
        let mut signed = Vec::with_capacity(16 + content.len());
        signed.extend_from_slice(org.uuid().as_bytes());
        signed.extend_from_slice(content);
        hmac::verify(&self.0, &signed, &ticket.0).is_ok()
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::TenantScope;

    #[test]
    fn a_ticket_opens_only_its_own_scope() {
        let (a, b) = (OrgId::from_uuid(Uuid::from_u128(1)), OrgId::from_uuid(Uuid::from_u128(2)));
        let key = TicketKey::new(&[7; 32]);
        let ticket = key.issue(a, b"content");
        let scope = TenantScope::of_ticket(&key, a, b"content", &ticket).unwrap();
        assert_eq!((scope.org(), scope.member(), scope.standing().len()), (a, None, 0));
        assert!(TenantScope::of_ticket(&key, b, b"content", &ticket).is_none());
        assert!(TenantScope::of_ticket(&key, a, b"other", &ticket).is_none());
        assert!(TenantScope::of_ticket(&TicketKey::new(&[8; 32]), a, b"content", &ticket).is_none());
        assert_eq!(Ticket::from_slice(ticket.as_bytes()), Some(ticket));
        assert_eq!(Ticket::from_slice(&[0; 31]), None);
        assert_eq!(format!("{key:?}"), "TicketKey(…)");
    }
}
