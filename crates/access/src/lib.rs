//! Who may do what.
//!
//! The types here are the first of the three locks: a [`Caller`] is only made from a verified token, a [`TenantScope`] only
//! from a caller, a verified event or an authenticated job, and a [`Permit`] only by the decision. Code that holds none of
//! them cannot reach a tenant's data, because it does not compile.

mod caller;
mod decision;
mod scope;
mod ticket;
mod token;

pub use caller::{Caller, Method, Purpose, Role, TokenScope, UnknownWord};
pub use decision::{ACTIONS, Action, ActionRow, Denied, Floor, Permit, action};
pub use scope::TenantScope;
pub use ticket::{Ticket, TicketKey};
pub use token::{CallerClaims, SigningKey, TokenError, VerifyingKeys};
