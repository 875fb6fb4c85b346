//! The lists a member sees.

use access::{Permit, action::ReadTasks};
use ids::{ListId, OrgId};

use super::Means;
use crate::{default_list, domain::visibility::Visibility, failure::Failure, sealed, store::lists};

/// A list as shown.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub id: ListId,
    pub name: String,
    pub visibility: Visibility,
    pub created_at_us: i64,
    pub is_default: bool,
}

/// All lists that the member sees, the default first. Whoever sees what the organization sees finds at least that one.
pub(crate) async fn run(means: &Means, permit: Permit<ReadTasks>) -> Result<Vec<List>, Failure> {
    let org = permit.org();
    let mut tx = means.begin(&permit).await?;
    if permit.caller().stands_in(org.uuid()) {
        default_list::ensure(&mut tx, &means.ledger, means.now_us()).await?;
    }
    let rows = lists::visible(&mut tx).await?;
    means.commit(tx).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        shown.push(open(means, org, row).await?);
    }
    Ok(shown)
}

/// Opens a list.
pub(super) async fn open(means: &Means, org: OrgId, row: lists::ListRow) -> Result<List, Failure> {
    Ok(List {
        id: ListId::from_uuid(row.list_id),
        name: sealed::name(&means.ledger.keyring, org, sealed::LIST, row.list_id, &row.name).await?,
        visibility: Visibility::of(row.audience, org),
        created_at_us: row.created_at_us,
        is_default: row.is_default,
    })
}
