//! Notifications, as those that they are for take them: real servers, official clients, published schemas.
//!
//! What was sent and what came back is left in `target/notify`.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod alertmanager;
mod email;
mod github;
mod local;
mod messages;
mod pagerduty;
mod server;
mod slack;
mod webhook;
