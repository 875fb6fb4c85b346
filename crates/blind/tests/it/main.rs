//! The promises of the blind index by its public door: documents are indexed and queried as the database
//! does it, with a small evaluator of the two text forms in place of PostgreSQL.

#![expect(clippy::expect_used, reason = "a test that cannot read its own input has failed")]

mod evaluator;
mod promises;
