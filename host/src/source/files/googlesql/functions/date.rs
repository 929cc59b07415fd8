//! Dates.

use super::super::function::Definition;

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[];
