//! One verb, one file.

pub(crate) mod get_insight;
pub(crate) mod list_metrics;
