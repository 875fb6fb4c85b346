//! Changing a member's role or name.

use access::{Permit, Role, action::ManageMembers};
use ids::MemberId;

use crate::{
    domain::{
        Invalid,
        member::{Status, may_touch},
        text,
    },
    events::{self, Profile},
    store::member,
    usecase::{Context, Failure, MemberView, change::Change},
};

pub(crate) struct Input<'a> {
    pub(crate) id: MemberId,
    /// Empty: unchanged.
    pub(crate) role: &'a str,
    /// Empty: unchanged.
    pub(crate) name: &'a str,
}

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageMembers>,
    input: Input<'_>,
) -> Result<MemberView, Failure> {
    let role = role(input.role)?;
    let name = if input.name.is_empty() { None } else { Some(text::name("name", input.name)?) };
    let org = permit.org();
    // Before the transaction, which then does not wait for a second connection.
    context.keyring.keys(org).await?;

    let mut change = Change::by_member(context, permit).await?;
    let owners = member::lock_owners(&mut change.tx).await?;
    let found = member::find_for_update(&mut change.tx, input.id).await?;
    let mut changed = found.filter(|member| member.status != Status::Removed).ok_or(Failure::NotFound)?;
    let before = changed.role;
    changed.role = role.unwrap_or(before);
    may_touch(permit.caller().role(), permit.action(), &[before, changed.role])?;
    if changed.role != Role::Owner && owners == [changed.id] {
        return Err(last_owner());
    }
    if let Some(name) = name {
        let opened = context.keyring.open(org, "member", changed.id.uuid(), &changed.profile).await?;
        let profile = Profile::decode(&opened).ok_or(Failure::Damaged("profile of a member"))?;
        let profile = Profile { name, ..profile }.encode();
        changed.profile = context.keyring.seal(org, "member", changed.id.uuid(), &profile).await?;
    }
    member::update(&mut change.tx, &changed).await?;
    let at_us = change.now_us();
    change.emit(events::member(org, &changed, at_us));
    if changed.role != before {
        change.audit(&format!("member.role.{}", changed.role), changed.id).await?;
    }
    if !input.name.is_empty() {
        change.audit("member.renamed", changed.id).await?;
    }
    change.commit().await?;
    MemberView::open(context, org, changed).await
}

fn role(text: &str) -> Result<Option<Role>, Invalid> {
    match text {
        "" => Ok(None),
        word => word
            .parse()
            .map(Some)
            .map_err(|_| Invalid::new("role", "expected one of: guest, member, admin, owner")),
    }
}

/// An organization answers to somebody.
pub(super) const fn last_owner() -> Failure {
    Failure::conflict("last_owner", "make another member owner first")
}
