//! What a check can do, on the host's side: ask for data within its grants and budget, and report.
//!
//! Two types to know: [`QueryCapability`] and [`ReportCapability`]. Neither knows of WebAssembly; the sandbox
//! passes the guest's calls on to them. Both only ever shrink what a guest can reach.

mod grant;
mod query;
mod report;
#[cfg(test)]
mod tests;

pub use grant::{Grant, Grants, SourceHandle};
pub use query::{Budget, Cursor, CursorStats, QueryCapability};
pub use report::{Report, ReportCapability};
