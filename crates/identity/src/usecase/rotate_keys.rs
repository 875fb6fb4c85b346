//! A new version of the organization's content key. What was sealed under the old ones stays readable.

use access::{Permit, action::RotateKeys};

use crate::{
    store::{keys, organization},
    usecase::{Context, Failure, change::Change, organization_keys},
};

/// The version that seals from now on.
pub(crate) async fn run(context: &Context, permit: &Permit<RotateKeys>) -> Result<u32, Failure> {
    let org = permit.org();
    let mut change = Change::by_member(context, permit).await?;
    // Held, so that two rotations take turns.
    organization::find_for_update(&mut change.tx).await?.ok_or(Failure::NotFound)?;
    let version = keys::newest_content_version(&mut change.tx).await? + 1;
    let (_, wrapped) = organization_keys::fresh(&context.kek, &context.entropy, org, "content", version)?;
    let now = change.now;
    keys::insert(&mut change.tx, &wrapped, now).await?;
    change.audit("keys.rotated", format!("{org} content {version}")).await?;
    change.commit().await?;
    context.keyring.forget(org);
    Ok(version)
}
