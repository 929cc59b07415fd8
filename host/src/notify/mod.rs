//! Telling people and programs: from a message to what a receiver got.
//!
//! In reading order:
//! - [`message`]: what a receiver is told.
//! - [`receiver`]: who is told, and how it is reached; [`secret`]: what that takes and nobody may see.
//! - [`render`]: the form that a message takes for a receiver, made once and kept.
//! - [`sender`]: one attempt to deliver what was kept; [`retry`]: when to attempt it again.
//!
//! Whatever comes from data is inert wherever it arrives: see [`inert`].

mod alertmanager;
mod command;
mod courier;
mod digests;
mod editor;
mod email;
mod github;
pub mod inert;
mod log;
pub mod message;
mod office;
mod open;
mod pagerduty;
pub mod receiver;
pub mod render;
pub mod retry;
pub mod secret;
pub mod sender;
mod slack;
mod webhook;
mod wire;

#[cfg(test)]
mod tests;

pub use courier::{Courier, Round};
pub use editor::Editor;
pub use message::{Alert, Content, Digest, Group, Message, Notice, Turn};
pub use office::{NotReady, Office};
pub use open::{Fault, OpenError, Opened};
pub use receiver::{Rate, Receiver, ReceiverKind};
pub use render::Rendered;
pub use retry::{GIVE_UP, backoff, next_attempt};
pub use secret::{Secret, SecretError, SecretRef, Secrets};
pub use sender::{Outgoing, Receipt, Sent, send};
