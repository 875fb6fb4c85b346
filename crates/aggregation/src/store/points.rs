//! Points of things and their daily sums, brought in line with what is known of the items.

use chrono::NaiveDate;
use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::{
    fact::{self, Answered, Item, Kind, Point, Points},
    metric::Line,
};

/// The lines whose points are kept by item; the first reply is kept by thing.
const BY_ITEM: [i16; 6] = [
    Line::Made.code(),
    Line::Message.code(),
    Line::TaskOpened.code(),
    Line::TaskClosed.code(),
    Line::Merged.code(),
    Line::MergeTime.code(),
];

/// Brings the points of these items and things in line, and the sums with them: a few statements, however many there are.
pub(crate) async fn refresh(tx: &mut TenantTx, items: &[Uuid], things: &[Uuid]) -> Result<(), PgError> {
    let mut new: Points = wanted_by_item(tx, items).await?.iter().flat_map(fact::points_of).collect();
    new.extend(wanted_by_thing(tx, things).await?.iter().filter_map(fact::point_of_reply));
    let old = stored(tx, items, things).await?;
    if old == new {
        return Ok(());
    }
    let gone: Vec<(i16, Uuid)> = old.keys().filter(|key| !new.contains_key(key)).copied().collect();
    delete(tx, &gone).await?;
    let changed: Points =
        new.iter().filter(|(key, point)| old.get(key) != Some(point)).map(|(k, p)| (*k, *p)).collect();
    upsert(tx, &changed).await?;
    add(tx, fact::change(&old, &new)).await
}

async fn wanted_by_item(tx: &mut TenantTx, items: &[Uuid]) -> Result<Vec<Item>, PgError> {
    let org = tx.org().uuid();
    // A task is closed since its first closing after its last opening; a change was merged when it was first.
    let rows = sqlx::query!(
        r#"select i.item_id, i.source_id, i.kind, i.created_us, i.creator, i.opened_us,
               c.at_us as "closed_us?", c.person as "closer?", m.at_us as "merged_us?", m.person as "merger?"
           from item i
           left join lateral (
               select t.at_us, t.person from turn t
               where t.org_id = i.org_id and t.item_id = i.item_id and t.turn = 1 and t.ord > coalesce(
                   (select max(o.ord) from turn o where o.org_id = i.org_id and o.item_id = i.item_id and o.turn = 0), -1)
               order by t.ord, t.at_us limit 1) c on i.kind = 1
           left join lateral (
               select t.at_us, t.person from turn t
               where t.org_id = i.org_id and t.item_id = i.item_id and t.turn = 2 order by t.ord, t.at_us limit 1) m on i.kind = 2
           where i.org_id = $1 and i.item_id = any ($2) and not i.gone"#,
        org,
        items
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Item {
            item: row.item_id,
            source: row.source_id,
            kind: Kind::by_code(row.kind),
            created: (row.created_us, row.creator),
            opened_us: row.opened_us,
            closed: (row.closed_us, row.closer),
            merged: (row.merged_us, row.merger),
        })
        .collect())
}

async fn wanted_by_thing(tx: &mut TenantTx, things: &[Uuid]) -> Result<Vec<Answered>, PgError> {
    let org = tx.org().uuid();
    // The opening is the earliest item of the thing; where the provider says that the thing is older, its opening was never seen.
    Ok(sqlx::query!(
        r#"select n.thing as "thing!", o.source_id, o.created_us as "opened_us!", o.creator as "opener!",
               r.created_us as "answered_us!", r.creator as "answerer!"
           from unnest($2::uuid[]) as n (thing)
           cross join lateral (
               select i.source_id, i.item_id, i.created_us, i.creator, i.opened_us from item i
               where i.org_id = $1 and i.thing_id = n.thing and i.created_us is not null and not i.gone and i.kind <> 3
               order by i.created_us, i.item_id limit 1) o
           cross join lateral (
               select i.created_us, i.creator from item i
               where i.org_id = $1 and i.thing_id = n.thing and (i.created_us, i.item_id) > (o.created_us, o.item_id)
                   and i.creator <> o.creator and not i.gone and i.kind in (0, 2)
               order by i.created_us, i.item_id limit 1) r
           where o.creator is not null and coalesce(o.opened_us >= o.created_us - 1000000, true)"#,
        org,
        things
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(|row| Answered {
        thing: row.thing,
        source: row.source_id,
        opened: (row.opened_us, row.opener),
        answered: (row.answered_us, row.answerer),
    })
    .collect())
}

async fn stored(tx: &mut TenantTx, items: &[Uuid], things: &[Uuid]) -> Result<Points, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        // One key at a time (`offset 0`): otherwise all points of a metric may be walked through.
        "select p.metric, p.key, p.source_id, p.day, p.person, p.other, p.value
         from (
             select m.metric, k.key from unnest($2::smallint[]) as m (metric) cross join unnest($3::uuid[]) as k (key)
             union all
             select $4, k.key from unnest($5::uuid[]) as k (key)) as n
         cross join lateral (
             select * from point p where p.org_id = $1 and p.metric = n.metric and p.key = n.key offset 0) as p",
        org,
        &BY_ITEM[..],
        items,
        Line::FirstReply.code(),
        things
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let point = Point {
                source: row.source_id,
                day: row.day,
                person: row.person,
                other: row.other,
                value: row.value,
            };
            ((row.metric, row.key), point)
        })
        .collect())
}

async fn delete(tx: &mut TenantTx, keys: &[(i16, Uuid)]) -> Result<(), PgError> {
    if keys.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let (lines, ids): (Vec<i16>, Vec<Uuid>) = keys.iter().copied().unzip();
    sqlx::query!(
        "delete from point p using unnest($2::smallint[], $3::uuid[]) as n (metric, key)
         where p.org_id = $1 and p.metric = n.metric and p.key = n.key",
        org,
        &lines,
        &ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn upsert(tx: &mut TenantTx, points: &Points) -> Result<(), PgError> {
    if points.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    let (lines, ids): (Vec<i16>, Vec<Uuid>) = points.keys().copied().unzip();
    let sources: Vec<Uuid> = points.values().map(|point| point.source).collect();
    let days: Vec<NaiveDate> = points.values().map(|point| point.day).collect();
    let people: Vec<Uuid> = points.values().map(|point| point.person).collect();
    let others: Vec<Uuid> = points.values().map(|point| point.other).collect();
    let values: Vec<i64> = points.values().map(|point| point.value).collect();
    sqlx::query!(
        "insert into point (org_id, metric, key, source_id, day, person, other, value)
         select $1, n.* from unnest($2::smallint[], $3::uuid[], $4::uuid[], $5::date[], $6::uuid[], $7::uuid[], $8::bigint[])
             as n (metric, key, source, day, person, other, value) order by n.metric, n.key
         on conflict (org_id, metric, key) do update set source_id = excluded.source_id, day = excluded.day,
             person = excluded.person, other = excluded.other, value = excluded.value",
        org,
        &lines,
        &ids,
        &sources,
        &days,
        &people,
        &others,
        &values
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds to the sums, one row a key, in the order of the keys: two batches wait for each other and never in a circle.
async fn add(
    tx: &mut TenantTx,
    sums: impl IntoIterator<Item = ((i16, NaiveDate, Uuid, Uuid, i64), i64)>,
) -> Result<(), PgError> {
    let org = tx.org().uuid();
    let (keys, by): (Vec<_>, Vec<i64>) = sums.into_iter().unzip();
    if keys.is_empty() {
        return Ok(());
    }
    let lines: Vec<i16> = keys.iter().map(|key| key.0).collect();
    let days: Vec<NaiveDate> = keys.iter().map(|key| key.1).collect();
    let people: Vec<Uuid> = keys.iter().map(|key| key.2).collect();
    let others: Vec<Uuid> = keys.iter().map(|key| key.3).collect();
    let values: Vec<i64> = keys.iter().map(|key| key.4).collect();
    sqlx::query!(
        "insert into daily as d (org_id, metric, day, person, other, value, n)
         select $1, s.* from unnest($2::smallint[], $3::date[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[])
             as s (metric, day, person, other, value, n) order by 2, 3, 4, 5, 6
         on conflict (org_id, metric, day, person, other, value) do update set n = d.n + excluded.n",
        org,
        &lines,
        &days,
        &people,
        &others,
        &values,
        &by
    )
    .execute(tx.conn())
    .await?;
    if by.iter().any(|by| *by < 0) {
        sqlx::query!(
            "delete from daily d using unnest($2::smallint[], $3::date[], $4::uuid[], $5::uuid[], $6::bigint[])
                 as s (metric, day, person, other, value)
             where d.org_id = $1 and d.n = 0
                 and (d.metric, d.day, d.person, d.other, d.value) = (s.metric, s.day, s.person, s.other, s.value)",
            org,
            &lines,
            &days,
            &people,
            &others,
            &values
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}
