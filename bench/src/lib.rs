//! What the harness and the limit programs share: the made-up data, and reading what processes cost.

pub mod corpus;
pub mod cost;
pub mod http;
pub mod spread;
