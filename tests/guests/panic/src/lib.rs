//! Panics, as a Rust check does that meets what its author ruled out. The text of the panic is all that the author will
//! ever see of it: the host must keep it, although the guest is gone a moment later.

#![forbid(unsafe_code)]

use assay_sdk::{Check, Context, Error, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

/// No settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The check.
pub struct Panic;

impl Check for Panic {
    const ID: &'static str = "panic";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Panics";
    const DESCRIPTION: &'static str = "For tests.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn run(context: &Context, _settings: &Settings) -> Result<Verdict, Error> {
        Finding::new("first", "seen before the panic").report();
        panic!("no `{}` without a calendar", context.check());
    }
}

assay_sdk::export_check!(Panic);
