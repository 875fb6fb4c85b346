//! What is measured, one room a path of the table in the project's benchmark plan.

pub mod extract;
pub mod footprint;
pub mod ingest;
pub mod page;
pub mod search;
pub mod visible;
