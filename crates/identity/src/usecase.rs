//! What can be done. One verb, one file; no wire, no SQL.

pub(crate) mod bootstrap;
pub(crate) mod change;
pub(crate) mod create_invitation;
pub(crate) mod create_team;
pub(crate) mod create_token;
pub(crate) mod delete_team;
pub(crate) mod end_session;
pub(crate) mod exchange;
pub(crate) mod get_me;
pub(crate) mod get_organization;
pub(crate) mod issue_link;
pub(crate) mod list_audit;
pub(crate) mod list_identities;
pub(crate) mod list_invitations;
pub(crate) mod list_members;
pub(crate) mod list_teams;
pub(crate) mod list_tokens;
pub(crate) mod map_identity;
pub(crate) mod observe_accounts;
pub(crate) mod organization_keys;
pub(crate) mod put_team_member;
pub(crate) mod redeem_link;
pub(crate) mod remove_member;
pub(crate) mod remove_team_member;
pub(crate) mod revoke_invitation;
pub(crate) mod revoke_token;
pub(crate) mod rewrap;
pub(crate) mod rotate_keys;
pub(crate) mod sign;
pub(crate) mod update_member;
pub(crate) mod update_organization;
pub(crate) mod update_team;
mod view;

use std::sync::Arc;

use access::Denied;
use clock::{Entropy, NoRandomness};
use keyring::{KeyError, Keyring};
use outbox::{EmitError, Emitter};
use pg::{PgError, TenantPool};
use sealing::SealError;

pub(crate) use crate::usecase::view::{
    IdentityView, InvitationView, MemberView, OrganizationView, TeamView, TokenView,
};
use crate::{
    domain::{Invalid, wrapping::KeyEncryptionKey},
    usecase::sign::Signer,
};

/// What every use case works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) pool: TenantPool,
    pub(crate) keyring: Keyring,
    pub(crate) emitter: Emitter,
    pub(crate) entropy: Entropy,
    pub(crate) kek: Arc<KeyEncryptionKey>,
    pub(crate) signer: Signer,
}

impl Context {
    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.entropy.clock().now()
    }
}

/// Why it was not done. The use cases of this service fail in the same few ways, so one list serves them all; what is told
/// outside is decided in one exhaustive match in `rpc`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no such thing here.
    #[error("not found")]
    NotFound,
    /// The credential opens nothing, or no longer.
    #[error("the credential opens nothing")]
    Unauthenticated,
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The input is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The state does not allow it.
    #[error("{message}")]
    Conflict {
        /// Stable code.
        reason: &'static str,
        /// For the person who asked.
        message: &'static str,
    },
    /// The database did not.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// An event could not be written.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// Keys are away or gone.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key of the installation does not open.
    #[error("key-encryption key: {0}")]
    Wrapping(#[from] SealError),
    /// Nothing secret can be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A sealed thing opened and is not what it should be.
    #[error("{0} does not decode")]
    Damaged(&'static str),
}

impl Failure {
    pub(crate) const fn conflict(reason: &'static str, message: &'static str) -> Self {
        Self::Conflict { reason, message }
    }
}
