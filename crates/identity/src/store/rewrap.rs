//! Walking over all wrapped keys of the installation, as the queue role.

use pg::{PgError, QueuePool};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

/// A wrapped key of any organization.
pub(crate) struct AnyKey {
    pub(crate) org: Uuid,
    pub(crate) purpose: String,
    pub(crate) version: u32,
    pub(crate) id: Uuid,
    pub(crate) wrapped: Vec<u8>,
}

/// One transaction over all keys: either all are wrapped anew, or none.
pub(crate) struct AllKeys(Transaction<'static, Postgres>);

impl AllKeys {
    pub(crate) async fn begin(queue: &QueuePool) -> Result<Self, PgError> {
        Ok(Self(queue.begin().await?))
    }

    pub(crate) async fn data_keys(&mut self) -> Result<Vec<AnyKey>, PgError> {
        let rows = sqlx::query!(
            r#"select org_id, purpose, version, wrapped as "wrapped!" from org_key where wrapped is not null for update"#
        )
        .fetch_all(&mut *self.0)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| AnyKey {
                org: row.org_id,
                purpose: row.purpose,
                version: row.version.cast_unsigned(),
                id: Uuid::nil(),
                wrapped: row.wrapped,
            })
            .collect())
    }

    pub(crate) async fn signing_keys(&mut self) -> Result<Vec<AnyKey>, PgError> {
        let rows = sqlx::query!("select org_id, key_id, wrapped from signing_key for update")
            .fetch_all(&mut *self.0)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| AnyKey {
                org: row.org_id,
                purpose: "signing".to_owned(),
                version: 1,
                id: row.key_id,
                wrapped: row.wrapped,
            })
            .collect())
    }

    pub(crate) async fn replace_data_key(&mut self, key: &AnyKey, wrapped: &[u8]) -> Result<(), PgError> {
        sqlx::query!(
            "update org_key set wrapped = $4 where org_id = $1 and purpose = $2 and version = $3",
            key.org,
            key.purpose,
            key.version.cast_signed(),
            wrapped,
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    pub(crate) async fn replace_signing_key(&mut self, key: &AnyKey, wrapped: &[u8]) -> Result<(), PgError> {
        sqlx::query!(
            "update signing_key set wrapped = $3 where org_id = $1 and key_id = $2",
            key.org,
            key.id,
            wrapped,
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), PgError> {
        Ok(self.0.commit().await?)
    }
}
