//! From an engine's error to an ending with a name, by type and never by text.

use std::time::Duration;

use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::model::{Ending, LimitName, Reason};

/// A limit of ours that ended an execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LimitHit {
    #[error("the guest asked for {wanted} bytes of memory in all; the limit is {limit}")]
    Memory { wanted: usize, limit: usize },
    #[error("the guest asked for a table of {wanted} elements; the limit is {limit}")]
    TableElements { wanted: usize, limit: usize },
    #[error("the guest computed for {} ms; the limit is {} ms", .used.as_millis(), .limit.as_millis())]
    GuestCpu { used: Duration, limit: Duration },
}

/// Names the ending that an engine's error stands for. `panic` is what the guest said before it aborted.
pub(super) fn classify(error: &wasmtime::Error, panic: Option<&str>) -> Ending {
    // Bounded and demangled by the engine.
    let detail = error.downcast_ref::<WasmBacktrace>().map(ToString::to_string);
    let broken = |reason, message: String, hint: Option<LimitName>| Ending::Broken {
        reason,
        message,
        hint: hint.map(|name| format!("ask for more: `limits = {{ {name} = … }}` in the check's configuration")),
        detail: detail.clone(),
    };
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        let (reason, name) = match hit {
            LimitHit::Memory { .. } => (Reason::MemoryLimit, LimitName::Memory),
            LimitHit::TableElements { .. } => (Reason::MemoryLimit, LimitName::TableElements),
            LimitHit::GuestCpu { .. } => (Reason::CpuTimeout, LimitName::GuestCpu),
        };
        return broken(reason, hit.to_string(), Some(name));
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return broken(Reason::HostError, format!("no slot for an instance: {error:#}"), None);
    }
    match (error.downcast_ref::<Trap>(), panic) {
        (Some(Trap::OutOfFuel), _) => {
            broken(Reason::FuelExhausted, "the guest used all its fuel".to_owned(), Some(LimitName::Fuel))
        }
        (_, Some(panic)) => broken(Reason::Trap, format!("the guest panicked: {panic}"), None),
        (Some(trap), None) => broken(Reason::Trap, trap.to_string(), None),
        // What is left is the guest breaking the rules of the interface: bad UTF-8, too much at once, a stale handle.
        (None, None) => broken(Reason::Trap, format!("the guest broke the interface: {}", error.root_cause()), None),
    }
}
