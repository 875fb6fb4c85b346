//! Writing the blind index. What is written here is read back only through `search_docs`.

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// A document of the index.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    /// The item or task.
    pub id: Uuid,
    /// Its source.
    pub source: Option<Uuid>,
    /// Its list, for tasks made in Oz.
    pub list: Option<Uuid>,
    /// Kind.
    pub kind: i16,
    /// Who wrote it.
    pub author: Uuid,
    /// When.
    pub occurred_us: i64,
    /// Text form of the `tsvector`.
    pub terms: String,
}

/// Takes documents out of the index.
pub(crate) async fn remove(tx: &mut TenantTx, ids: &[Uuid]) -> Result<(), PgError> {
    if ids.is_empty() {
        return Ok(());
    }
    let org = tx.org().uuid();
    sqlx::query!("delete from search_doc where org_id = $1 and doc_id = any($2)", org, ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Adds documents that are not in the index.
pub(crate) async fn add(tx: &mut TenantTx, docs: &[Doc]) -> Result<(), PgError> {
    if docs.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = docs.iter().map(|doc| doc.id).collect();
    let org = tx.org().uuid();
    let sources: Vec<Option<Uuid>> = docs.iter().map(|doc| doc.source).collect();
    let lists: Vec<Option<Uuid>> = docs.iter().map(|doc| doc.list).collect();
    let kinds: Vec<i16> = docs.iter().map(|doc| doc.kind).collect();
    let authors: Vec<Uuid> = docs.iter().map(|doc| doc.author).collect();
    let times: Vec<i64> = docs.iter().map(|doc| doc.occurred_us).collect();
    let terms: Vec<String> = docs.iter().map(|doc| doc.terms.clone()).collect();
    sqlx::query!(
        "insert into search_doc (org_id, doc_id, source_id, list_id, kind, author_id, occurred_us, terms)
         select $1, t.doc, t.source, t.list, t.kind, t.author, t.occurred, t.terms::tsvector
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::smallint[], $6::uuid[], $7::bigint[], $8::text[])
             as t(doc, source, list, kind, author, occurred, terms)",
        org,
        &ids,
        &sources as &[Option<Uuid>],
        &lists as &[Option<Uuid>],
        &kinds,
        &authors,
        &times,
        &terms
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
