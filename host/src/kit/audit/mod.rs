//! The fail-closed proof: whatever is done to what a check is told, it must not say that all is well.
//!
//! A case is run plainly first, with [`Observed`] sources: what it asked and what it was told are its [`Shape`]s, one a
//! query. [`injections_for`] a shape are all the things that can be done to that answer. The case is run again once for
//! each, with [`Injecting`] sources, which leave every other query alone. How each run ended is a [`Trial`]; a
//! [`Report`] judges them, with what the author declared [`Harmless`].
//!
//! What counts as having been taken in ([`Ruling::Survived`]): a `pass`, and a `skip`. A skip must rest on a positive
//! fact. A run that skips because an answer was emptied, cut or full of nulls calls "not applicable" what it does not
//! know, and nobody looks at it again. So a skip counts whatever the plain run said, `skip` included. `warn`, `fail`
//! and `error` are seen by somebody and count as caught, though the message may be wrong: false alarms are not the
//! business of the audit.
//!
//! What each kind is there for, by what has happened to checks:
//!
//! - `empty_result`: a source answered with no rows for weeks, and zero rows read as "nothing is wrong".
//! - `nulls`, `null_first_row`: the newest day was null, null became 0, and what is 0 days old is fresh.
//! - `error_retryable`, `error_permanent`: a failed query read as "no duplicates", or as "not applicable".
//! - `error_midway`, `slow_midway`: the answer broke off, and the rows before that were judged as if they were all.
//! - `truncated`: some of the groups were missing, and a group without rows is not looked at.
//! - `nan`, `infinity`, `negative_infinity`: a share was computed from NaN, and NaN is not below any limit. One value
//!   is enough to show that, and harder to notice than a whole column.
//! - `duplicate_rows`: rows were loaded twice, and twice as many is more than enough.
//! - `reordered_rows`: the last row was taken for the newest.
//! - `missing_column`, `changed_type`: a column was renamed, or came as text after a change of the schema, and the
//!   check went on without it.
//! - `slow_answer`, `slow_midway`: the source hung, and whoever waited for it said nothing.
//! - [`Unaudited::AskedNothing`]: the check was a stub that always passed.

mod alteration;
mod answer;
mod harmless;
mod injecting;
mod injection;
mod observed;
mod report;
mod shape;
#[cfg(test)]
mod tests;
mod view;

pub use answer::Bounds;
pub use harmless::{Harmless, InvalidHarmless, QuerySelector};
pub use injecting::{Application, Injecting, Injector};
pub use injection::{Injection, InjectionKind, UnknownInjection};
pub use observed::{Observation, Observed};
pub use report::{AuditedCase, Ended, Outcome, Rank, Report, Ruling, Stale, StaleBecause, Trial, Unaudited, Untried};
pub use shape::{Answer, Asked, ColumnShape, Shape, injections_for};
pub use view::{AskedView, Counts, OutcomeView, ReportView, Row, StaleView, UnauditedView, UntriedView};
