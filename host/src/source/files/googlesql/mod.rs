//! GoogleSQL on an engine that speaks another dialect.
//!
//! [`Registry`] knows every function and construct that is supported. [`rewritten`] turns a checked tree into one that
//! the engine can plan; [`operators`], [`relations`] and [`order`] give what it plans GoogleSQL's meaning where that
//! depends on types; [`functions`] and [`aggregates`] are the functions themselves.

mod aggregates;
mod branches;
mod call;
mod cast;
mod constructs;
mod fault;
mod function;
mod functions;
mod operators;
mod order;
mod reference;
mod registry;
mod relations;
mod reshape;
mod rewrite;
mod signature;
mod spelling;
mod structure;
mod type_names;
mod types;

pub(super) use fault::Fault;
pub(super) use function::Function;
pub(super) use functions::spelling::without_zeros;
pub(super) use reference::{markdown, names as supported};
pub(super) use registry::{Registry, is_listed_engine_scalar};
pub(super) use reshape::Reshape;
pub(super) use rewrite::{CONDITION_LEVEL, rewritten};
pub(super) use spelling::spelled;
pub(super) use type_names::GoogleTypes;
