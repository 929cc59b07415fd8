//! GoogleSQL on an engine that speaks another dialect.

mod aggregates;
mod call;
mod fault;
mod function;
mod functions;
mod signature;
mod types;

pub(super) use fault::Fault;
