//! The author kit: from nothing to a tested check.
//!
//! In reading order:
//! - [`manifest`]: `check.toml`, what a check says of itself where it is written.
//! - [`case`]: a test of a check, as files.
//! - [`rig`]: a check in the real sandbox, run over the tables of a case.
//! - [`golden`]: what came of a case, and how that differs from what should.
//! - [`suite`]: all cases of a check.
//! - [`audit`]: what comes of a case when something is done to its answers.
//! - [`proof`]: the audit of all cases of a check.
//! - [`measure`]: what a case uses.
//! - [`compare`]: two versions of a check.
//! - [`build`]: from the sources of a check to its component.
//! - [`scaffold`]: a new check.
//!
//! Nothing here prints, and nothing here decides what a run is worth: that is `model`'s alone.

pub mod audit;
pub mod build;
pub mod case;
pub mod compare;
pub mod golden;
pub mod manifest;
pub mod measure;
pub mod proof;
pub mod rig;
pub mod scaffold;
pub mod suite;
