//! The control API of a host that serves: what it tells, and what it lets itself be told, over HTTP.
//!
//! The types to know are [`Control`], which the host implements, and [`serve`], which answers requests with it. The
//! API owns no state of the host: every answer is made of one [`Snapshot`](crate::serve::Snapshot) or of what the
//! journal holds, and every change goes through [`Control`].
//!
//! What is served to whom:
//! - `/livez` and `/readyz` to everybody: they tell whether the host is there, and nothing of what it does;
//! - everything else, where the configuration in force has tokens, to whoever sends one of them as
//!   `Authorization: Bearer`: reading to the roles `read` and `operate`, changing to `operate`;
//! - everything else, where it has none, to whoever reaches the loopback address that the host listens on. A browser on
//!   the same machine reaches it too, on behalf of any page: so the request must be for a loopback name (a name that
//!   an attacker binds to 127.0.0.1 is none), come from no other origin, and change things only as `application/json`,
//!   which no form can send. Beyond loopback nothing is served without tokens.
//!
//! A token is looked at in its header only, never in an address, which ends up in logs. Of a token the configuration
//! holds the SHA-256 alone; a token has 256 random bits, so that nothing slower than that is needed.
//!
//! What a stranger can cost is bounded: connections, the time that one may take for a request, bytes of headers and
//! body, time of an answer, wrong tokens by peer. Those who may ask share a number of requests per second.
//!
//! In reading order: `routes` and `view` (what is answered), `gate` (who is asking), `server` (how it is served),
//! `openapi` (how it is described), [`Client`] (how the command line asks), [`Metrics`] and [`telemetry`].

mod audit;
mod client;
mod connection;
mod control;
mod gate;
mod input;
mod limit;
mod metrics;
mod openapi;
mod problem;
mod routes;
mod server;
pub mod telemetry;
#[cfg(test)]
mod tests;
mod token;
pub mod view;

pub use client::{Client, ClientError, RunsAsked};
pub use control::{Control, ControlError};
pub use metrics::Metrics;
pub use openapi::document;
pub use server::{Settings, serve};
pub use token::{NoRandomness, Secret};
