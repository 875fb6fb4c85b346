//! What is counted, over which time, and what of it may be shown. Pure: no database, no wire.

pub(crate) mod calendar;
pub(crate) mod fact;
pub(crate) mod figure;
pub(crate) mod metric;
pub(crate) mod roster;
pub(crate) mod suppression;
