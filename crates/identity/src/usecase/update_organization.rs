//! Changing the organization's name and settings.

use access::{Permit, action::ManageOrganization};

use crate::{
    domain::{Invalid, text},
    events,
    store::organization,
    usecase::{Context, Failure, OrganizationView, change::Change},
};

/// Beyond this a floor would hide everything by a slip of the hand, and it cannot be lowered again.
const HIGHEST_FLOOR: u32 = 1000;

pub(crate) struct Input<'a> {
    /// Empty: unchanged.
    pub(crate) name: &'a str,
    /// 0: unchanged.
    pub(crate) cohort_floor: u32,
}

pub(crate) async fn run(
    context: &Context,
    permit: &Permit<ManageOrganization>,
    input: Input<'_>,
) -> Result<OrganizationView, Failure> {
    let org = permit.org();
    let name = match input.name {
        "" => None,
        text => {
            let name = text::name("name", text)?;
            Some(context.keyring.seal(org, "organization", org.uuid(), name.as_bytes()).await?)
        }
    };
    let mut change = Change::by_member(context, permit).await?;
    let mut organization = organization::find_for_update(&mut change.tx).await?.ok_or(Failure::NotFound)?;
    if input.cohort_floor != 0 {
        if input.cohort_floor < organization.cohort_floor {
            return Err(Invalid::new("cohort_floor", "can be raised, never lowered").into());
        }
        if input.cohort_floor > HIGHEST_FLOOR {
            return Err(Invalid::new("cohort_floor", "expected at most 1000").into());
        }
        organization.cohort_floor = input.cohort_floor;
    }
    if let Some(name) = name {
        organization.name = name;
    }
    organization::update(&mut change.tx, &organization.name, organization.cohort_floor).await?;
    let at_us = change.now_us();
    change.emit(events::organization(org, &organization.name, organization.cohort_floor, at_us));
    change.audit("organization.updated", org).await?;
    change.commit().await?;
    OrganizationView::open(context, org, organization).await
}
