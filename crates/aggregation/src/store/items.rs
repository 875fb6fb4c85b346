//! What is known of items, joined with what is new.

use std::collections::{BTreeMap, HashSet};

use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::fact::{Known, Turn};

/// Which of these sources are no longer shared.
pub(crate) async fn removed(tx: &mut TenantTx, sources: &[Uuid]) -> Result<HashSet<Uuid>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query_scalar!(
        "select source_id from removed_source where org_id = $1 and source_id = any ($2)",
        org,
        sources
    );
    Ok(rows.fetch_all(tx.conn()).await?.into_iter().collect())
}

/// The things that these items belong to by what is stored.
pub(crate) async fn things(tx: &mut TenantTx, items: &[Uuid]) -> Result<Vec<Uuid>, PgError> {
    let org = tx.org().uuid();
    let things = sqlx::query_scalar!(
        "select distinct thing_id from item where org_id = $1 and item_id = any ($2)",
        org,
        items
    );
    Ok(things.fetch_all(tx.conn()).await?)
}

/// Joins what a batch says of items with what is stored, by the rules of [`crate::domain::fact::join`], in the order of the ids.
pub(crate) async fn join(tx: &mut TenantTx, items: &BTreeMap<Uuid, Known>) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = items.keys().copied().collect();
    let column = |value: fn(&Known) -> Uuid| items.values().map(value).collect::<Vec<_>>();
    let sources = column(|known| known.source);
    let things = column(|known| known.birth.map_or(known.thing, |birth| birth.thing));
    let kinds: Vec<i16> = items.values().map(|known| known.kind as i16).collect();
    let created: Vec<Option<i64>> =
        items.values().map(|known| known.birth.map(|birth| birth.at_us)).collect();
    let creators: Vec<Option<Uuid>> =
        items.values().map(|known| known.birth.and_then(|birth| birth.person)).collect();
    let opened: Vec<Option<i64>> = items.values().map(|known| known.opened_us).collect();
    let versions: Vec<i64> = items.values().map(|known| known.version).collect();
    let gone: Vec<bool> = items.values().map(|known| known.gone).collect();
    // A comparison of rows with nulls is not true or false: an unknown person is the greatest, as in the domain.
    sqlx::query!(
        "insert into item as i (org_id, item_id, source_id, thing_id, kind, created_us, creator, opened_us, seen_version, gone)
         select $1, n.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[], $6::bigint[], $7::uuid[], $8::bigint[],
             $9::bigint[], $10::bool[]) as n (item, source, thing, kind, created, creator, opened, version, gone) order by n.item
         on conflict (org_id, item_id) do update set
             (created_us, creator, thing_id) = (select b.created, b.creator, b.thing
                 from (values (i.created_us, i.creator, i.thing_id), (excluded.created_us, excluded.creator, excluded.thing_id))
                     as b (created, creator, thing)
                 order by b.created nulls last, b.creator nulls last, b.thing limit 1),
             opened_us = least(i.opened_us, excluded.opened_us),
             gone = case when (excluded.seen_version, excluded.gone) > (i.seen_version, i.gone) then excluded.gone else i.gone end,
             seen_version = greatest(i.seen_version, excluded.seen_version)",
        org,
        &ids,
        &sources,
        &things,
        &kinds,
        &created as &[Option<i64>],
        &creators as &[Option<Uuid>],
        &opened as &[Option<i64>],
        &versions,
        &gone
    )
    .execute(tx.conn())
    .await?;
    insert_turns(tx, items).await
}

async fn insert_turns(tx: &mut TenantTx, items: &BTreeMap<Uuid, Known>) -> Result<(), PgError> {
    // Of turns that differ in the person alone the smallest named one counts, here and in the statement.
    let mut turns: BTreeMap<(Uuid, i16, i64, i64), Option<Uuid>> = BTreeMap::new();
    for (item, Turn { step, ord, at_us, person }) in
        items.iter().flat_map(|(id, known)| known.turns.iter().map(|turn| (*id, *turn)))
    {
        let kept = turns.entry((item, step as i16, ord, at_us)).or_default();
        *kept = [*kept, person].into_iter().flatten().min();
    }
    if turns.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let ids: Vec<Uuid> = turns.keys().map(|turn| turn.0).collect();
    let steps: Vec<i16> = turns.keys().map(|turn| turn.1).collect();
    let ords: Vec<i64> = turns.keys().map(|turn| turn.2).collect();
    let at: Vec<i64> = turns.keys().map(|turn| turn.3).collect();
    let people: Vec<Option<Uuid>> = turns.into_values().collect();
    sqlx::query!(
        "insert into turn as t (org_id, item_id, turn, ord, at_us, person)
         select $1, n.* from unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::uuid[])
             as n (item, turn, ord, at, person) order by n.item, n.turn, n.ord, n.at
         on conflict (org_id, item_id, turn, ord, at_us) do update set person = case
             when t.person is null or excluded.person < t.person then excluded.person else t.person end
         where t.person is distinct from excluded.person",
        org,
        &ids,
        &steps,
        &ords,
        &at,
        &people as &[Option<Uuid>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A source is shared no longer. Returns whether that is news.
pub(crate) async fn set_removed(tx: &mut TenantTx, source: Uuid, revision: i64) -> Result<bool, PgError> {
    let org = tx.org().uuid();
    let done = sqlx::query!(
        "insert into removed_source as r (org_id, source_id, revision) values ($1, $2, $3)
         on conflict (org_id, source_id) do update set revision = excluded.revision where r.revision < excluded.revision",
        org,
        source,
        revision
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A source is shared: what comes from it counts again, unless a later word says otherwise.
pub(crate) async fn set_shared(tx: &mut TenantTx, source: Uuid, revision: i64) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "delete from removed_source where org_id = $1 and source_id = $2 and revision < $3",
        org,
        source,
        revision
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes what a source brought, and takes it out of the sums.
pub(crate) async fn purge(tx: &mut TenantTx, source: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "with gone as (delete from point where org_id = $1 and source_id = $2 returning metric, day, person, other, value),
              sums as (select metric, day, person, other, value, count(*) as n from gone group by 1, 2, 3, 4, 5)
         update daily d set n = d.n - s.n from sums s where d.org_id = $1
             and (d.metric, d.day, d.person, d.other, d.value) = (s.metric, s.day, s.person, s.other, s.value)",
        org,
        source
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from daily where org_id = $1 and n = 0", org).execute(tx.conn()).await?;
    sqlx::query!("delete from item where org_id = $1 and source_id = $2", org, source)
        .execute(tx.conn())
        .await?;
    Ok(())
}
