//! Asking the blind index. Organization and audience are applied inside the functions, from the transaction's scope.

use pg::{PgError, TenantTx};
use uuid::Uuid;

/// What is asked, in the form the index understands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question {
    /// Text form of the `tsquery`; none for filters alone.
    pub query: Option<String>,
    /// Wanted kinds; empty: all.
    pub kinds: Vec<i16>,
    /// Kinds that are not wanted.
    pub not_kinds: Vec<i16>,
    /// Inclusive, microseconds.
    pub after_us: Option<i64>,
    /// Exclusive, microseconds.
    pub before_us: Option<i64>,
}

/// A document that matches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// The item.
    pub id: Uuid,
    /// Kind.
    pub kind: i16,
    /// Its source.
    pub source: Option<Uuid>,
    /// Who wrote it.
    pub author: Uuid,
    /// When.
    pub occurred_us: i64,
}

/// The newest matches before the key.
pub(crate) async fn newest(
    tx: &mut TenantTx,
    question: &Question,
    before: Option<(i64, Uuid)>,
    limit: i32,
) -> Result<Vec<Found>, PgError> {
    Ok(sqlx::query_as!(
        Found,
        r#"select doc_id as "id!", kind as "kind!", source_id as "source?", author_id as "author!", occurred_us as "occurred_us!"
           from search_docs($1, $2, $3, $4, $5, $6, $7, $8)"#,
        question.query,
        &question.kinds,
        &question.not_kinds,
        question.after_us,
        question.before_us,
        before.map(|key| key.0),
        before.map(|key| key.1),
        limit
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The accounts of the member who asks, and the membership itself.
pub(crate) async fn me(tx: &mut TenantTx) -> Result<Vec<Uuid>, PgError> {
    let org = tx.org().uuid();
    let member = tx.scope().member().map(|member| member.uuid()).unwrap_or_default();
    Ok(sqlx::query_scalar!(
        r#"select account_id as "id!" from account where org_id = $1 and member_id = $2 union all select $2"#,
        org,
        member
    )
    .fetch_all(tx.conn())
    .await?)
}
