//! HTTP at the edge: verifies the caller, limits rates, translates to gRPC.
//!
//! Nothing durable lives here. A request passes [`edge`] (name, trace, log, headers), then [`guard`] (allowance, credential,
//! same origin, repeated answers), then its handler in [`routes`], which asks one service under the caller's own rights and
//! shows the answer in a shape of [`view`]. Routes and their documentation are declared together in [`route`].

mod app;
mod auth;
mod docs;
mod edge;
mod guard;
mod operation;
mod page;
mod problem;
mod readiness;
mod reading;
mod repeat;
mod route;
mod routes;
mod services;
mod start;
mod view;

pub use readiness::{Admin, Check, MetricsText, Readiness, serve_admin};
pub use services::Services;
pub use start::{Options, StartError, openapi, start};
