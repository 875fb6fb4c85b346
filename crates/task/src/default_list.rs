//! The list that an organization has without having made it.

use access::Purpose;
use ids::{ListId, OrgId, derived};
use pg::TenantTx;

use crate::{events, failure::Failure, ledger::Ledger, sealed, store::lists};

const NAME: &str = "Tasks";

/// Its id, the same for everybody who asks.
pub(crate) fn id_of(org: OrgId) -> ListId {
    ListId::from_uuid(derived(org, &[b"default list"]))
}

/// The default list, made now if nobody needed it before. Two who need it first at once get the same one.
pub(crate) async fn ensure(tx: &mut TenantTx, ledger: &Ledger, now_us: i64) -> Result<ListId, Failure> {
    let org = tx.org();
    let list = id_of(org);
    if lists::exists(tx, list.uuid()).await? {
        return Ok(list);
    }
    let name = ledger.keyring.seal(org, sealed::LIST, list.uuid(), NAME.as_bytes()).await?;
    let row = lists::ListRow {
        list_id: list.uuid(),
        name: name.clone(),
        audience: org.uuid(),
        is_default: true,
        created_at_us: now_us,
    };
    if lists::insert(tx, &row).await? {
        let audit =
            events::audit(org, "list.created", list.to_string(), "task".to_owned(), Purpose::Operate, now_us);
        ledger.emitter.append(tx, [events::list_changed(list, name, org.uuid(), now_us), audit]).await?;
    }
    Ok(list)
}
