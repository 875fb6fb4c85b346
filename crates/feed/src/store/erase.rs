//! Taking everything away that a source brought, or an organization was.

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// Most stories whose end is told to streams; the rest is simply not there when a list is read again.
const TOLD: i64 = 1_000;

/// Tells streams that the stories of a source are gone for those who saw them by `audience`. Returns the last position used.
pub(crate) async fn tell_gone(
    tx: &mut TenantTx,
    source: Uuid,
    audience: Uuid,
    pos: i64,
) -> Result<i64, PgError> {
    let org = tx.org().uuid();
    let told = sqlx::query!(
        "insert into story_gone (org_id, pos, story_id, source_id, audience)
         select $1, $4 + row_number() over (), s.story_id, $2, $3 from (
             select story_id from story where org_id = $1 and source_id = $2 order by sort_us desc, story_id desc limit $5) s",
        org,
        source,
        audience,
        pos,
        TOLD
    )
    .execute(tx.conn())
    .await?;
    Ok(pos + i64::try_from(told.rows_affected()).unwrap_or(TOLD))
}

/// Deletes what a source brought; its tombstone is written by the caller.
pub(crate) async fn purge_source(tx: &mut TenantTx, source: Uuid) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "with s as materialized (select story_id from story where org_id = $1 and source_id = $2),
             a as (delete from seen where org_id = $1 and story_id in (select story_id from s)),
             b as (delete from mute where org_id = $1 and (id = $2 or id in (select story_id from s))),
             c as (delete from story_person where org_id = $1 and story_id in (select story_id from s)),
             d as (delete from story_past where org_id = $1 and source_id = $2),
             e as (delete from activity where org_id = $1 and source_id = $2),
             f as (delete from search_doc where org_id = $1 and source_id = $2),
             g as (delete from item where org_id = $1 and source_id = $2),
             h as (delete from source_member where org_id = $1 and source_id = $2)
         delete from story where org_id = $1 and source_id = $2",
        org,
        source
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the organization's rows and leaves the mark that it is gone.
pub(crate) async fn erase(tx: &mut TenantTx) -> Result<(), PgError> {
    let org = tx.org().uuid();
    sqlx::query!(
        "with a as (delete from source where org_id = $1), b as (delete from source_member where org_id = $1),
             c as (delete from account where org_id = $1), d as (delete from member where org_id = $1),
             e as (delete from team where org_id = $1), f as (delete from team_member where org_id = $1),
             g as (delete from task_list where org_id = $1), h as (delete from item where org_id = $1),
             i as (delete from activity where org_id = $1), j as (delete from story where org_id = $1),
             k as (delete from story_past where org_id = $1), l as (delete from story_gone where org_id = $1),
             m as (delete from story_person where org_id = $1), n as (delete from seen where org_id = $1),
             o as (delete from seen_upto where org_id = $1), p as (delete from mute where org_id = $1),
             q as (delete from search_doc where org_id = $1), r as (delete from dead_letter where org_id = $1)
         update feed_clock set erased = true where org_id = $1",
        org
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
