//! Views as the contract has them.

use chrono::{DateTime, Utc};
use proto::identity::v1 as wire;

use crate::{
    store::audit,
    usecase::{IdentityView, InvitationView, MemberView, OrganizationView, TeamView, TokenView},
};

fn time(at: Option<DateTime<Utc>>) -> i64 {
    at.map_or(0, |at| at.timestamp_micros())
}

pub(super) fn member(view: MemberView) -> wire::Member {
    wire::Member {
        id: view.id.to_string(),
        name: view.name,
        email: view.email,
        role: view.role.to_string(),
        status: view.status.as_str().to_owned(),
        created_at_us: view.created_at.timestamp_micros(),
    }
}

pub(super) fn organization(view: OrganizationView) -> wire::Organization {
    wire::Organization {
        id: view.id.to_string(),
        name: view.name,
        created_at_us: view.created_at.timestamp_micros(),
        cohort_floor: view.cohort_floor,
    }
}

pub(super) fn token(view: TokenView) -> wire::ApiToken {
    wire::ApiToken {
        id: view.id.to_string(),
        name: view.name,
        prefix: view.prefix,
        scopes: view.scopes,
        created_at_us: view.created_at.timestamp_micros(),
        expires_at_us: time(view.expires_at),
        last_used_at_us: time(view.last_used_at),
    }
}

pub(super) fn invitation(view: InvitationView) -> wire::Invitation {
    wire::Invitation {
        id: view.id.to_string(),
        email: view.email,
        role: view.role.to_string(),
        created_at_us: view.created_at.timestamp_micros(),
        expires_at_us: view.expires_at.timestamp_micros(),
        member_id: view.member.to_string(),
    }
}

pub(super) fn team(view: TeamView) -> wire::Team {
    wire::Team {
        id: view.id.to_string(),
        name: view.name,
        member_ids: view.members.iter().map(ToString::to_string).collect(),
        created_at_us: view.created_at.timestamp_micros(),
    }
}

pub(super) fn identity(view: IdentityView) -> wire::Identity {
    wire::Identity {
        account_id: view.id.uuid().to_string(),
        provider: view.provider,
        name: view.name,
        handle: view.handle,
        bot: view.bot,
        member_id: view.member.map(|id| id.to_string()).unwrap_or_default(),
        linked_by: view.linked_by.unwrap_or_default(),
    }
}

pub(super) fn audit(entry: audit::Entry) -> wire::Audit {
    wire::Audit {
        id: entry.id.to_string(),
        action: entry.action,
        subject: entry.subject,
        actor: entry.actor,
        purpose: entry.purpose,
        at_us: entry.at.timestamp_micros(),
    }
}
