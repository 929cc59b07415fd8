//! Words of the vocabulary, as schemas.

use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use crate::model::{NotRun, RunStatus, Trigger};

/// What a run's results add up to.
pub(in super::super) fn run_status() -> Object {
    one_of("What the results of the run add up to.", RunStatus::ALL.map(RunStatus::as_str))
}

/// What a run's results add up to, or nothing while it is under way.
pub(super) fn run_status_or_null() -> Object {
    one_of_or_null("What its results add up to; null while it is under way.", RunStatus::ALL.map(RunStatus::as_str))
}

/// Why a slot has no run, or nothing where it has.
pub(super) fn not_run_or_null() -> Object {
    one_of_or_null("Why nothing was run, where that is so.", NotRun::ALL.map(NotRun::as_str))
}

/// What made a run happen.
pub(super) fn trigger() -> Object {
    one_of("What made the run happen.", Trigger::ALL.map(Trigger::as_str))
}

fn one_of<const N: usize>(about: &str, words: [&'static str; N]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(words)).build()
}

fn one_of_or_null<const N: usize>(about: &str, words: [&'static str; N]) -> Object {
    let words = words.into_iter().map(Some).chain([None]);
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).description(Some(about)).enum_values(Some(words)).build()
}
