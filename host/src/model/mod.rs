//! Pure types: what a check is, what can come of a run, what is written down.
//!
//! Two types to know: [`Conclusion`] (how one check ended) and [`RunStatus`] (what a run's results
//! add up to). Nothing here knows of tokio, wasmtime, SQL, files or clocks; serde stays at the borders.

mod alert;
mod conclusion;
mod context;
mod data;
mod delivery;
mod feedback;
mod finding;
mod ids;
mod limits;
mod plugin;
mod problem;
mod result;
mod run;
mod severity;
mod slot;
mod text;
mod usage;

pub use alert::{AlertKey, AlertKind, AlertSubject, Labels, NoticeKind, Phase};
pub use conclusion::{Conclusion, Ending, Outcome, Reason, Status, Verdict, conclude};
pub use context::{RunContext, Window};
pub use data::{Batch, Column, ColumnInfo, Kind, Param, Value, Values, VarData};
pub use delivery::{Delivery, DeliveryContent, DeliveryStatus, Notification, NotificationStatus};
pub use feedback::{Feedback, FeedbackVerdict};
pub use finding::{Attribute, Cell, Finding, FindingDraft, LogLevel, LogLine, Measure, Metric, Subject};
pub use ids::{
    AlertId, CalendarName, CheckName, Digest, HOST_CHECK, InvalidName, PluginId, PluginRef, RunId, ScheduleName,
    SourceName, unique_id,
};
pub use limits::{Limit, LimitName, LimitRequest, LimitUnit, Limits, UnknownLimit};
pub use plugin::{Description, SettingProblem};
pub use problem::{Problem, ProblemCode};
pub use result::CheckResult;
pub use run::{RunRecord, RunStatus, Tally, Trigger, roll_up};
pub use severity::Severity;
pub use slot::{LocalTime, NotRun, Slot};
pub use text::cut;
pub use usage::Usage;
