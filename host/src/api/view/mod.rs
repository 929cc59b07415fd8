//! The documents that are asked with and answered with. Field names follow the journal's tables.

mod problem;
mod request;
mod run;
mod status;
pub(super) mod words;

pub use problem::ProblemView;
pub use request::{CancelBody, NothingBody, PauseBody, TriggerBody};
pub use run::{ResultsView, RunDetailView, RunPageView, RunView, TriggeredView};
pub use status::{
    ConfigurationView, DueView, LastRunView, LoadView, PauseView, ReadinessView, RunningView, ScheduleView, SinkView,
    StatusView,
};
